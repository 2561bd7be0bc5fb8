import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Method } from '../../../hub/api/mcp/call.js';
import { type HeldCallSettings, HeldCalls, type Starting } from '../../../hub/api/mcp/rev2026-07-28/held-calls.js';
import type { ClientListener } from '../../../hub/domain/mcp/clients/client.js';
import { type RequestState, RequestStates } from '../../../hub/domain/mcp/clients/request-states.js';
import type { Mcp } from '../../../hub/domain/mcp/mcp.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { Sealer } from '../../../hub/store/seal.js';
import { settled } from '../../kit/turns.js';
import { wait } from '../../kit/wait.js';
import { caller } from './caller.js';

/** Calls whose server asks, and gives its question up when the test says so. */
function calls(t: Test, settings: Partial<HeldCallSettings> = {}) {
  // Timers of calls alone do not keep a process.
  const alive = setInterval(() => {}, 1000);
  const answered: string[] = [];
  /** Servers that the client may not see any more. */
  const lost: string[] = [];
  const giveUp: ((result: string) => void)[] = [];
  const method: Method = async ({ client }) => {
    const { listener } = client as { readonly listener: ClientListener };
    listener.ask({ id: 'q', server: {} as ServerRecord, method: 'elicitation/create', params: '{}' });
    const result = await new Promise<string>((resolve) => giveUp.push(resolve));
    listener.unask('q', 'no client answers');
    return result;
  };
  const clients = {
    instances: { of: () => [] },
    open: (view: unknown, hello: object, listener: ClientListener) => ({ view, hello, listener, lost: new Map() }),
    refresh() {},
    lostServers: () => lost,
    close() {},
    answer: (_client: unknown, askId: string) => answered.push(askId),
  };
  const states = new RequestStates(new Sealer(randomBytes(32), 'sealing.key'));
  const held = new HeldCalls(new Map([['tools/call', method]]), { clients, states } as unknown as Mcp, settings);
  t.teardown(() => {
    clearInterval(alive);
    held.close();
  });
  const owner = { caller: 'user 1', digest: 'd' };
  let bodies = 0;
  /** A call that has asked. */
  const asked = async (who = owner.caller) => {
    const call = held.start({
      request: { kind: 'request', id: 1, method: 'tools/call', params: {} },
      meta: { capabilities: { elicitation: {} } },
      owner: { ...owner, caller: who },
      around: {
        view: new McpView({ ...caller, id: who }, {}),
        origin: { ip: '127.0.0.1' },
        keepBody: () => {
          bodies += 1;
          return () => {
            bodies -= 1;
          };
        },
        onError: (error: unknown) => t.fail(String(error)),
      },
      stateless: {},
    } as unknown as Starting);
    t.equal((await call.next()).kind, 'input');
    return call;
  };
  /** A call that has asked, and whose client thinks; gives the state that leads back to it. */
  const suspended = async (who?: string) => {
    const call = await asked(who);
    const state = await held.open(await held.suspend(call), call.owner);
    return state as Extract<RequestState, { kind: 'held' }>;
  };
  /** The server of the next call gives up; resolves once the call has ended. */
  const end = async (result: string) => {
    giveUp.shift()?.(result);
    await settled();
  };
  return { held, asked, suspended, end, answered, lost, bodies: () => bodies };
}

t.test('a call that ended while its client was thinking has its result for it, once', async (t) => {
  const { held, suspended, end, answered } = calls(t);
  const state = await suspended();
  await end('{"a":1}');
  const call = held.resume(state, caller, new Map([['elicitation-1', '{"action":"decline"}']]));
  t.same(await call.next(), { kind: 'done', outcome: { result: '{"a":1}' } });
  t.same(answered, [], 'no client waits for the answer any more');
  t.throws(() => held.resume(state, caller), { code: -32602 });
  t.equal(held.size, 0);
});

t.test('a client that has lost the rights of its call gets nothing of the call', async (t) => {
  const { held, suspended, end, answered, lost } = calls(t);
  const answers = new Map([['elicitation-1', '{"action":"accept"}']]);
  const demoted = await suspended();
  t.throws(() => held.resume(demoted, { ...caller, role: 'viewer' }, answers), { code: 'forbidden' });
  await end('{"a":1}');
  const ended = await suspended();
  await end('{"a":1}');
  t.throws(() => held.resume(ended, { ...caller, role: 'viewer' }), { code: 'forbidden' });
  const moved = await suspended();
  await end('{"a":1}');
  lost.push('s1');
  t.throws(() => held.resume(moved, caller, answers), { code: 'not_found' });
  t.same(answered, [], 'no answer reaches the server');
  t.equal(held.size, 0, 'and no call is kept');
});

t.test('a call keeps the body of its request while its client thinks, and until it ends', async (t) => {
  const { suspended, end, bodies } = calls(t);
  await suspended();
  t.equal(bodies(), 1);
  await end('{}');
  t.equal(bodies(), 0);
});

t.test('one whose client does not come back is not kept for ever', async (t) => {
  const { held, asked, end } = calls(t, { answerMs: 100 });
  await held.suspend(await asked());
  await end('{}');
  await wait('no call is held', () => held.size === 0);
});

t.test('of many and large results the newest are kept, of each caller and in all', async (t) => {
  const { held, suspended, end } = calls(t, { kept: { ofCaller: 100_000, all: 150_000 } });
  const result = JSON.stringify('x'.repeat(40_000));
  const first = await suspended();
  await end(result);
  const second = await suspended();
  await end(result);
  t.throws(() => held.resume(first, caller), { code: -32602, message: /its call has ended/ }, 'too much of one caller');
  const others = await suspended('user 2');
  await end(result);
  t.ok(held.resume(second, caller).hasEnded);
  const last = [await suspended('user 3'), await suspended('user 4')];
  for (const _ of last) await end(result);
  t.throws(() => held.resume(others, caller), { code: -32602 }, 'too much in all');
  for (const state of last) t.ok(held.resume(state, caller).hasEnded);
});
