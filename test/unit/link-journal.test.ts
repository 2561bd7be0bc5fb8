import t from 'tap';
import { CancelSource } from '../../agent/cancellation.js';
import { AgentFailure } from '../../agent/failure.js';
import type { Entry, Journal } from '../../agent/link/journal/journal.js';
import { JournalledRuns } from '../../agent/link/journal/journalled.js';

type Runnable = Parameters<JournalledRuns['of']>[1];

/** An operation that the journal keeps, and a disk that is full after so many writes. */
function journalled(answer: string, writes = Number.POSITIVE_INFINITY) {
  const entries = new Map<string, Entry>();
  let left = writes;
  const journal: Journal = {
    find: async (name) => entries.get(name),
    write: async (name, entry) => {
      left -= 1;
      if (left < 0) throw Object.assign(new Error('write failed'), { code: 'ENOSPC' });
      entries.set(name, entry);
    },
    close: async () => {},
  };
  let ran = 0;
  const operation = {
    name: 'callTool',
    run: async () => {
      ran += 1;
      return { case: 'json', value: Buffer.from(answer) };
    },
  } as unknown as Runnable;
  const context = { signal: new CancelSource(), progress: () => {}, log: () => {} };
  /** A new agent with the same journal runs the command. */
  const run = () => new JournalledRuns(journal).of('name', operation).run({} as never, context as never);
  return { run, ran: () => ran };
}

/** @throws Error if the command does not fail */
async function failureOf(run: () => Promise<unknown> | unknown): Promise<AgentFailure> {
  try {
    await run();
  } catch (error) {
    if (error instanceof AgentFailure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

t.test('a command does not begin if its entry cannot be written, and the agent says so', async (t) => {
  const { run, ran } = journalled('1', 0);
  t.match(await failureOf(run), { kind: 'overloaded', message: /its disk is full/, details: { outcome: 'not_run' } });
  t.equal(ran(), 0);
});

t.test('a command that has run is answered also if the outcome cannot be written', async (t) => {
  const { run, ran } = journalled('1', 1);
  t.match(await run(), { case: 'json', value: Buffer.from('1') });
  t.match(await failureOf(run), { kind: 'lost' });
  t.equal(ran(), 1);
});

t.test('an answer that is too large to be kept is said to have been there', async (t) => {
  const { run, ran } = journalled(JSON.stringify('x'.repeat(2 ** 20)));
  t.match(await run(), { case: 'json' });
  t.match(await failureOf(run), { kind: 'upstream', message: /ran to its end/ });
  t.equal(ran(), 1);
});
