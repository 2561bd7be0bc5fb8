import { mock } from 'node:test';
import t, { type Test } from 'tap';
import type { Cancellation } from '../../../hub/domain/cancellation.js';
import { McpClient } from '../../../hub/domain/mcp/clients/client.js';
import { Teller } from '../../../hub/domain/mcp/clients/teller.js';
import type { ToolOffer } from '../../../hub/domain/mcp/lists/tool-offers.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { othersDuring, settled } from '../../kit/turns.js';
import { caller } from '../mcp-door/caller.js';
import { client } from './harness.js';

const TOOLS = 'notifications/tools/list_changed';
const PROMPTS = 'notifications/prompts/list_changed';

t.test('other work runs while many clients with different views are told of a change', async (t) => {
  const { clients, openAs, heard, report } = client(t, { tellMs: 1 });
  for (let i = 0; i < 400; i += 1) {
    const opened = openAs({ ...caller, id: `k${i}`, grants: { sites: ['local', `site-${i}`] } });
    clients.told(opened, clients.offer(opened), true);
  }
  const others = await othersDuring(t, async () => {
    report('connected', ['new']);
    while (heard.length < 400) await new Promise(setImmediate);
  });
  t.same(new Set(heard), new Set([TOOLS]));
  t.ok(others >= 100, `others went on ${others} times`);
});

/** Clients whose offers are made when the test says so. */
function teller(t: Test) {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const clients = new Set<McpClient>();
  const heard: string[] = [];
  /** The clients whose offers are asked for, each with the function that gives the offer. */
  const asked: { readonly id: string; readonly give: (tag: string) => Promise<void> }[] = [];
  const offer = (of: McpClient, signal: Cancellation) =>
    new Promise<ToolOffer>((resolve, reject) => {
      const give = async (tag: string) => {
        if (signal.aborted) reject(signal.reason);
        else resolve({ tag } as ToolOffer);
        await settled();
      };
      asked.push({ id: of.view.caller.id, give });
    });
  const registry = { byId: (id: string) => ({ id, groupId: null, site: 'local' }) as ServerRecord };
  const made = new Teller({ clients, registry, offer, tellMs: 250, onError: t.error });
  const open = (id: string, { payer = 'one', told = 'old' } = {}) => {
    const notify = (method: string) => void heard.push(`${id} ${method}`);
    const view = new McpView({ ...caller, id, countedAs: payer }, {});
    const opened = new McpClient(view, { capabilities: {}, info: {} }, { notify, ask() {}, unask() {} });
    opened.toldTools = told;
    clients.add(opened);
    return opened;
  };
  const pass = async (ms: number) => {
    mock.timers.tick(ms);
    await settled();
  };
  return { teller: made, clients, open, heard, asked, pass };
}

t.test('changes during a round are told in one more round, after it', async (t) => {
  const { teller: made, open, heard, asked, pass } = teller(t);
  open('a');
  for (let i = 0; i < 3; i += 1) made.look();
  await pass(249);
  t.equal(asked.length, 0);
  await pass(1);
  t.equal(asked.length, 1);
  for (let i = 0; i < 3; i += 1) made.look();
  await pass(1000);
  t.equal(asked.length, 1, 'no second round begins meanwhile');
  await asked[0]?.give('new');
  t.same(heard, [`a ${TOOLS}`]);
  await pass(250);
  t.equal(asked.length, 2);
  await asked[1]?.give('newer');
  t.same(heard, [`a ${TOOLS}`, `a ${TOOLS}`]);
  await pass(1000);
  t.equal(asked.length, 2);
});

t.test('a client that closes during a round is left out', async (t) => {
  const { teller: made, clients, open, heard, asked, pass } = teller(t);
  const [first, second] = [open('a'), open('b')];
  open('c');
  second.changed.add('prompts');
  made.look();
  await pass(250);
  for (const gone of [first, second]) clients.delete(gone);
  await asked[0]?.give('new');
  t.same(
    asked.map(({ id }) => id),
    ['a', 'c'],
  );
  await asked[1]?.give('new');
  t.same(heard, [`c ${TOOLS}`]);
});

t.test('a client that has never listed tools costs no offer, and hears of its other lists', async (t) => {
  const { teller: made, open, heard, asked, pass } = teller(t);
  open('a', { told: '' }).changed.add('prompts');
  made.look();
  await pass(250);
  t.same(asked, []);
  t.same(heard, [`a ${PROMPTS}`]);
});

t.test('the clients of one payer do not wait for the clients of another payer', async (t) => {
  const { teller: made, open, heard, asked, pass } = teller(t);
  open('a', { payer: 'greedy' });
  open('b', { payer: 'greedy' });
  open('c', { payer: 'modest' });
  made.look();
  await pass(250);
  t.same(
    asked.map(({ id }) => id),
    ['a', 'c'],
  );
  await asked[1]?.give('new');
  t.same(heard, [`c ${TOOLS}`]);
});

t.test('a round that is stopped tells no client, and a later round tells all', async (t) => {
  const { teller: made, open, heard, asked, pass } = teller(t);
  open('a');
  open('b');
  made.look();
  await pass(250);
  made.look();
  made.stop();
  await asked[0]?.give('new');
  await pass(1000);
  t.equal(asked.length, 1);
  t.same(heard, []);
  made.look();
  await pass(250);
  await asked[1]?.give('new');
  await asked[2]?.give('new');
  t.same(heard, [`a ${TOOLS}`, `b ${TOOLS}`]);
});

t.test('other work runs while many clients are told that prompts of a server have changed', async (t) => {
  const { teller: made, open, heard } = teller(t);
  for (let i = 0; i < 400; i += 1) open(`k${i}`, { told: '' });
  const others = await othersDuring(t, async () => {
    for (const id of ['s1', 's2']) made.changed(id, 'prompts');
    mock.timers.tick(250);
    while (heard.length < 400) await new Promise(setImmediate);
  });
  t.same(
    heard,
    Array.from({ length: 400 }, (_, i) => `k${i} ${PROMPTS}`),
    'each client hears of it once',
  );
  t.ok(others >= 100, `others went on ${others} times`);
});

t.test('a client that may not see the server any more when its turn comes is not told', async (t) => {
  const { teller: made, open, heard, asked, pass } = teller(t);
  open('a');
  const narrowed = open('b');
  made.changed('s1', 'prompts');
  await pass(250);
  narrowed.view = narrowed.view.of({ ...caller, id: 'b', countedAs: 'one', grants: { servers: ['s2'] } });
  await asked[0]?.give('old');
  await asked[1]?.give('old');
  t.same(heard, [`a ${PROMPTS}`]);
  made.changed('s2', 'prompts');
  await pass(250);
  await asked[2]?.give('old');
  await asked[3]?.give('old');
  t.same(heard, [`a ${PROMPTS}`, `a ${PROMPTS}`, `b ${PROMPTS}`], 'a round tells no change of an earlier round');
});
