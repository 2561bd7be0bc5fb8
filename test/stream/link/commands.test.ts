import type { Span, Trace, Tracer } from '@roundhouse/proto/tracing';
import t from 'tap';
import { AgentFailure } from '../../../agent/failure.js';
import type { Operation, OperationContext } from '../../../agent/operations/operation.js';
import type { Reply } from '../../../hub/domain/agents/fleet.js';
import { CancelSource } from '../../../hub/domain/cancellation.js';
import { wait } from '../../kit/wait.js';
import { callTool, echo, read, startAgent, startHub, table } from './rig.js';

const json = (reply: Reply) => JSON.parse(Buffer.from(reply.value as Uint8Array).toString());
const answer = (value: unknown) => ({ case: 'json' as const, value: Buffer.from(JSON.stringify(value)) });

/** A `callTool` with the test's behaviour; `waiting` resolves with the context of the next call. */
function tool(run: Extract<Operation<'callTool'>, { run: unknown }>['run']) {
  return table({ name: 'callTool', run } as Operation<'callTool'> as never);
}

/** A tool that ends only when it is aborted, and then says why. */
function hanging() {
  const calls: OperationContext[] = [];
  const operations = tool((_, context) => {
    calls.push(context);
    return new Promise((_, reject) => {
      context.signal.addEventListener('abort', () => reject(context.signal.reason));
    });
  });
  return { calls, operations };
}

t.test('a command comes back with its answer', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  t.same(json(await hub.fleet.execute(agent.id, echo('{"a":1}'), read)), { a: 1 });
});

t.test('a thousand commands at once each get their own answer', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const numbers = Array.from({ length: 1000 }, (_, i) => i);
  const replies = await Promise.all(numbers.map((i) => hub.fleet.execute(agent.id, echo(`${i}`), read)));
  t.same(replies.map(json), numbers);
  t.equal(hub.fleet.stats().pending, 0);
});

t.test("a tool's result carries the agent's facts about it", async (t) => {
  const hub = await startHub(t);
  const operations = tool((args) => ({
    case: 'tool',
    value: { $typeName: 'agent.v1.ToolResult', json: args.arguments, isError: true, durationUs: 1234 },
  }));
  const agent = await startAgent(t, hub, { operations });
  const reply = await hub.fleet.execute(agent.id, callTool('x', '{"é":"漢"}'), read);
  t.match(reply, { case: 'tool', value: { isError: true, durationUs: 1234 } });
  t.equal(Buffer.from((reply.value as { json: Uint8Array }).json).toString(), '{"é":"漢"}');
});

t.test('a large result comes on a data stream, and arrives whole', async (t) => {
  const hub = await startHub(t);
  const text = JSON.stringify('x'.repeat(5 * 1024 * 1024));
  const agent = await startAgent(t, hub, {
    operations: tool(() => ({ case: 'json', value: Buffer.from(text) })),
  });
  const reply = await hub.fleet.execute(agent.id, callTool('x'), read);
  t.ok(Buffer.from(text).equals(reply.value as Uint8Array));
  t.equal(hub.fleet.stats().transfers, 1);
});

t.test('a result beyond the limit is an error, not a burden', async (t) => {
  const hub = await startHub(t, { settings: { maxResultBytes: 1024 * 1024 } });
  const big = Buffer.from(JSON.stringify('x'.repeat(2 * 1024 * 1024)));
  const agent = await startAgent(t, hub, { operations: tool(() => ({ case: 'json', value: big })) });
  await t.rejects(hub.fleet.execute(agent.id, callTool('x'), read), {
    code: 'upstream_failed',
    details: { reason: 'result_too_large' },
  });
});

t.test('progress comes to the caller who asked, in order', async (t) => {
  const hub = await startHub(t);
  const operations = tool(async (_, context) => {
    for (const n of [1, 2, 3]) context.progress(Buffer.from(`{"progress":${n}}`));
    await new Promise(setImmediate);
    return answer('done');
  });
  const agent = await startAgent(t, hub, { operations });
  const seen: string[] = [];
  const onProgress = (params: Uint8Array) => void seen.push(Buffer.from(params).toString());
  await hub.fleet.execute(agent.id, callTool('x', '{}', true), { ...read, onProgress });
  t.same(seen, ['{"progress":1}', '{"progress":2}', '{"progress":3}']);
});

t.test('progress that is too long for a message is left out, and the link stays', async (t) => {
  const hub = await startHub(t);
  const operations = tool(async (_, context) => {
    for (const size of [1, 20 * 1024 * 1024, 2]) context.progress(Buffer.from(`{"progress":"${'x'.repeat(size)}"}`));
    await new Promise(setImmediate);
    return answer('done');
  });
  const agent = await startAgent(t, hub, { operations });
  const seen: number[] = [];
  const onProgress = (params: Uint8Array) => void seen.push(params.length);
  const reply = await hub.fleet.execute(agent.id, callTool('x', '{}', true), { ...read, onProgress });
  t.equal(json(reply), 'done');
  t.same(seen, [16, 17]);
});

t.test('a caller who gives up is answered at once, and the agent stops', async (t) => {
  const hub = await startHub(t);
  const { calls, operations } = hanging();
  const agent = await startAgent(t, hub, { operations });
  const caller = new AbortController();
  const call = hub.fleet.execute(agent.id, callTool('x'), { ...read, signal: caller.signal });
  await wait('the call runs', () => calls.length === 1);
  const stopped = new Promise<void>((resolve) => calls[0]?.signal.addEventListener('abort', () => resolve()));
  caller.abort();
  await t.rejects(call, { code: 'cancelled' });
  await stopped;
  t.match(calls[0]?.signal.reason, { kind: 'cancelled' });
  await wait('the late result is counted', () => hub.fleet.stats().lateResults === 1);
  const late = { ...read, signal: AbortSignal.abort() };
  await t.rejects(hub.fleet.execute(agent.id, callTool('x'), late), { code: 'cancelled' });
  t.equal(calls.length, 1, 'what was given up before is not sent');
});

t.test('the deadline is hard, whether the operation heeds it or not', async (t) => {
  // The hub's own limit is much later, so the agent's limit comes first on a busy machine, too.
  const hub = await startHub(t, { settings: { deadlineSlackMs: 10_000 } });
  const heeding = hanging();
  const agent = await startAgent(t, hub, { operations: heeding.operations });
  const limit = { ...read, timeoutMs: 50 };
  await t.rejects(hub.fleet.execute(agent.id, callTool('x'), limit), {
    code: 'timeout',
    details: { outcome: 'unknown' },
  });
  t.match(heeding.calls[0]?.signal.reason, { kind: 'timeout' });
  await agent.link.close({ graceMs: 0 });

  const deaf = await startAgent(t, hub, { operations: tool(() => new Promise(() => {})) });
  await t.rejects(hub.fleet.execute(deaf.id, callTool('x'), limit), { code: 'timeout' });
});

t.test('the hub gives up on an agent that never answers', async (t) => {
  const hub = await startHub(t, { settings: { deadlineSlackMs: 20 } });
  const agent = await startAgent(t, hub, {
    operations: tool(() => {
      // The tool blocks the thread of the agent: not even the deadline there runs.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      return answer('too late');
    }),
  });
  const call = hub.fleet.execute(agent.id, callTool('x'), { ...read, timeoutMs: 30 });
  await t.rejects(call, { code: 'timeout' });
});

t.test('failures come through with their code and details', async (t) => {
  const hub = await startHub(t);
  const failures: Record<string, AgentFailure | Error> = {
    a: new AgentFailure('upstream', 'it said no', { jsonrpc: { code: -32000 } }),
    b: new AgentFailure('disconnected', 'not there'),
    c: new AgentFailure('overloaded', 'full', { retryAfterMs: 1500 }),
    d: new AgentFailure('invalid_argument', 'bad'),
    e: new Error('the secret is 1234'),
  };
  const operations = tool(({ tool }) => {
    throw failures[tool];
  });
  const spanOf = ({ traceparent }: Trace) => ({
    span: { traceId: traceparent.slice(3, 35), spanId: 'c'.repeat(16), end: () => {} },
  });
  const agent = await startAgent(t, hub, { operations, options: { tracer: { resume: spanOf } as unknown as Tracer } });
  const call = (name: string) => hub.fleet.execute(agent.id, callTool(name), read);
  await t.rejects(call('a'), {
    code: 'upstream_failed',
    message: 'it said no',
    details: { jsonrpc: { code: -32000 } },
  });
  await t.rejects(call('b'), { code: 'server_disconnected' });
  await t.rejects(call('c'), { code: 'unavailable', details: { retryAfter: 2 } });
  await t.rejects(call('d'), { code: 'invalid_input', details: { field: 'arguments', error: 'bad' } });
  await t.rejects(call('e'), { code: 'internal', message: 'the operation failed inside the agent' });
  const traceId = 'a'.repeat(32);
  const span = { event: () => {} } as unknown as Span;
  const signal = new CancelSource();
  signal.trace = { traceparent: `00-${traceId}-${'b'.repeat(16)}-01`, tracestate: '', span };
  await t.rejects(hub.fleet.execute(agent.id, callTool('e'), { ...read, signal }), { code: 'internal' });
  const [plain, traced] = agent.lines
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'operation.failed');
  t.notOk('trace_id' in plain);
  t.match(traced, { trace_id: traceId, span_id: 'c'.repeat(16) }, 'the line names the recorded trace');
});

t.test('an operation that the agent does not know gets an error', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const call = hub.fleet.execute(agent.id, { case: 'connectServer', value: { serverId: 's' } }, read);
  await t.rejects(call, { code: 'unimplemented', details: { outcome: 'not_run' } });
  const stream = hub.fleet.open(agent.id, echo('1'), read);
  await t.rejects(stream, { code: 'upstream_failed' }, 'nor is an answer taken for a stream');
});

t.test('64-bit fields of rare operations survive', async (t) => {
  const hub = await startHub(t);
  let revision = 0n;
  const put: Operation<'putServer'> = {
    name: 'putServer',
    run({ server }) {
      revision = server?.revision ?? 0n;
      return answer(null);
    },
  };
  const agent = await startAgent(t, hub, { operations: table(put as never) });
  const server = {
    id: 's',
    name: 's',
    revision: 2 ** 40 + 1,
    connected: true,
    transport: { case: 'stdio', value: { command: 'x', args: ['a'], env: { A: 'b' } } },
    auth: { case: undefined },
    healthCheck: { enabled: false, intervalMs: 0, timeoutMs: 0 },
  } as const;
  await hub.fleet.execute(agent.id, { case: 'putServer', value: { server } }, { ...read, kind: 'idempotent' });
  t.equal(revision, 2n ** 40n + 1n);
});

t.test('when too many bytes wait for an agent, more is refused with a time to come back', async (t) => {
  const hub = await startHub(t, { settings: { queueFrames: 100 } });
  const agent = await startAgent(t, hub);
  const calls = Array.from({ length: 150 }, () => hub.fleet.execute(agent.id, echo('1'), read));
  const results = await Promise.allSettled(calls);
  const done = results.filter(({ status }) => status === 'fulfilled').length;
  t.ok(done <= 100 && done > 90, `${done} were taken`);
  const refused = results.find((result) => result.status === 'rejected');
  t.match(refused?.reason, { code: 'unavailable', details: { retryAfter: 1, outcome: 'not_run' } });
  t.ok(await hub.fleet.execute(agent.id, echo('1'), read));
});

t.test('an agent that is not connected is unreachable, and nothing ran', async (t) => {
  const hub = await startHub(t);
  const wanted = { code: 'agent_unreachable', details: { outcome: 'not_run' } };
  await t.rejects(hub.fleet.execute('nobody', echo('1'), read), wanted);
  await t.rejects(hub.fleet.open('nobody', echo('1'), read), wanted);
});
