import t from 'tap';
import { ask } from '../../../hub/domain/agents/answer.js';
import type { CommandOptions, ConnectedAgent, Operation, Reply } from '../../../hub/domain/agents/fleet.js';
import { changeInTurns } from '../../../hub/domain/event-loop.js';
import { othersDuring } from '../../kit/turns.js';
import { json, ScriptedFleet } from '../scripted-fleet.js';

const agent = { id: 'a', name: 'a' } as ConnectedAgent;
const items = Array.from({ length: 1_000 }, (_, n) => ({ n, more: 'x' }));

/** An agent that answers with a long list. */
class Agent extends ScriptedFleet {
  protected answer(): Reply {
    return json({ containers: items, total: items.length, unknown: 1 });
  }
}

t.test('other work runs while the hub reads a long list of an agent', async (t) => {
  const value = { all: true, name: '', labels: [], limit: 1_000 };
  const operation: Operation = { case: 'listContainers', value };
  const shape = { containers: [{ n: 'number', more: 'text' }], total: 'number' } as const;
  const options: CommandOptions = { kind: 'read', timeoutMs: 1_000 };
  let answer: unknown;
  const others = await othersDuring(t, async () => {
    answer = await ask<{ containers: { n: number; more: string }[]; total: number }>(
      new Agent(agent),
      'a',
      operation,
      shape,
      options,
    );
  });
  t.same(answer, { containers: items, total: 1_000 });
  t.ok(others >= 100, `others went on ${others} times`);
});

t.test('other work runs while the hub removes secrets from a long list', async (t) => {
  const hide = (part: unknown) => JSON.parse(JSON.stringify(part).replaceAll('x', '*')) as unknown;
  let changed: unknown;
  const others = await othersDuring(t, async () => {
    changed = await changeInTurns({ name: 'x', items }, hide);
  });
  t.same(changed, { name: '*', items: items.map(({ n }) => ({ n, more: '*' })) });
  t.ok(others >= 100, `others went on ${others} times`);
});

t.test('a list that is a secret as a whole stays secret', async (t) => {
  t.same(await changeInTurns({ tokens: ['x'] }, () => ({ tokens: '[REDACTED]' })), { tokens: '[REDACTED]' });
});
