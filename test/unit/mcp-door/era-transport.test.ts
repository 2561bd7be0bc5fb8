import t, { type Test } from 'tap';
import { defaultLimits } from '../../../agent/drivers/mcp/limits.js';
import { EraTransport } from '../../../agent/drivers/mcp/transports/eras/transport.js';
import type { Transport, TransportEvents } from '../../../agent/drivers/mcp/transports/transport.js';
import { AgentFailure } from '../../../agent/failure.js';

const hello = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{},"clientInfo":{}}}';
const discovered = { supportedVersions: ['2026-07-28'], capabilities: {} };

/** A session that has said hello over HTTP, and the messages that it gets. The test plays the server. */
async function greeting(t: Test, probeMs: number, wantsSession = false) {
  // Its timers alone do not keep a process.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const sent: { id: number; method: string }[] = [];
  const heard: { id: number; result?: { protocolVersion?: string }; error?: { message: string } }[] = [];
  const failures: AgentFailure[] = [];
  let wake = () => {};
  let server: TransportEvents | undefined;
  const carrier: Transport = {
    pid: 0,
    hasSession: true,
    open: async (events) => {
      server = events;
    },
    send: (text) => {
      sent.push(JSON.parse(text));
      wake();
      return undefined;
    },
    release: () => {},
    negotiated: () => {},
    listen: () => {},
    hold: () => {},
    close: async () => {},
  };
  const transport = new EraTransport(carrier, { limits: defaultLimits, http: true, probeMs, wantsSession });
  await transport.open({
    message: (text) => heard.push(JSON.parse(text)) > 0,
    failed: (_id, failure) => {
      failures.push(failure);
      wake();
    },
    waiting: () => true,
    expired: async () => {},
    closed: () => {},
  });
  void transport.send(hello, { id: 1, handshake: true });
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const id = (method: string) => sent.find((message) => message.method === method)?.id ?? 0;
  const answer = (method: string, what: object) =>
    server?.message(JSON.stringify({ jsonrpc: '2.0', id: id(method), ...what }), id(method));
  const fail = (method: string, failure: AgentFailure) => server?.failed(id(method), failure);
  return { sent, heard, failures, until, answer, fail };
}

const refusal = new AgentFailure('upstream', 'no such method', { status: 400 });

t.test('a slow server of the newer era is not taken for one of the older', async (t) => {
  const { sent, heard, failures, until, answer, fail } = await greeting(t, 10);
  await until(() => sent.length === 2);
  t.same(
    sent.map(({ method }) => method),
    ['server/discover', 'initialize'],
  );
  fail('initialize', refusal);
  answer('server/discover', { result: discovered });
  t.equal(heard[0]?.result?.protocolVersion, '2026-07-28');
  t.same(failures, []);
});

t.test('a server that does not answer an unknown request', async (t) => {
  const { sent, heard, until, answer } = await greeting(t, 10);
  await until(() => sent.length === 2);
  answer('initialize', { result: { protocolVersion: '2025-06-18' } });
  t.match(heard, [{ id: 1, result: { protocolVersion: '2025-06-18' } }]);
});

t.test('a server that refuses one request and does not answer the other', async (t) => {
  const { sent, failures, until, fail } = await greeting(t, 10);
  await until(() => sent.length === 2);
  fail('initialize', refusal);
  await until(() => failures.length > 0);
  t.same(failures, [refusal], 'is told of as it refused');
});

t.test('a server that refuses a version and says that it speaks it is asked once more', async (t) => {
  const { sent, heard, answer } = await greeting(t, 60_000);
  const error = { code: -32022, message: 'no', data: { supported: ['2026-07-28'] } };
  answer('server/discover', { error });
  t.equal(sent.length, 2);
  answer('server/discover', { error });
  t.equal(sent.length, 2, 'and no more');
  t.match(heard, [{ id: 1, error: { message: 'no' } }]);
});

t.test(
  'a server that speaks the newer era gets no `initialize` on the connection that all clients share',
  async (t) => {
    const { sent, heard, answer } = await greeting(t, 60_000);
    answer('server/discover', { result: discovered });
    t.equal(heard[0]?.result?.protocolVersion, '2026-07-28');
    t.same(
      sent.map(({ method }) => method),
      ['server/discover'],
    );
  },
);

t.test('a client with a connection of its own gets the session that a server of both eras opens', async (t) => {
  const { heard, answer } = await greeting(t, 60_000, true);
  answer('server/discover', { result: discovered });
  t.same(heard, [], 'the server is asked for a session');
  answer('initialize', { result: { protocolVersion: '2025-11-25' } });
  t.match(heard, [{ id: 1, result: { protocolVersion: '2025-11-25' } }]);
});

t.test('a server that answers `initialize` in the newer era has opened no session of the older one', async (t) => {
  const { sent, heard, answer } = await greeting(t, 60_000, true);
  answer('server/discover', { result: { ...discovered, instructions: 'discovered' } });
  t.equal(sent.length, 2);
  answer('initialize', { result: { protocolVersion: '2026-07-28' } });
  t.match(heard, [{ id: 1, result: { protocolVersion: '2026-07-28', instructions: 'discovered' } }]);
});
