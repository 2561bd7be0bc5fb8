import { type backend, MCPConnectClient, Roundhouse } from '@roundhouse/sdk';
import t, { type Test } from 'tap';
import { fixtureServer } from '../automation.js';
import { ADMIN_KEY, ADMIN_PASSWORD, everything, type Hub, startAgent, startHub } from '../roundhouse.js';
import { fixedAddresses } from '../stream/ledger.js';

/** A hub with an agent, and a client of it. */
async function start(t: Test, env: Readonly<Record<string, string>> = {}) {
  const hub = await startHub(t, { env });
  await startAgent(t, hub);
  return { hub, client: new Roundhouse({ baseUrl: hub.url, apiKey: ADMIN_KEY }) };
}

const everythingServer = (name: string) => ({
  name,
  transport: { type: 'stdio', command: process.execPath, args: [everything] },
});

/** The hub and the client of most tests. */
let hub: Hub;
let client: Roundhouse;
t.before(async () => {
  ({ hub, client } = await start(t));
});

t.test('events go on behind the last one after the hub was started again, in both kinds of stream', async (t) => {
  const addresses = await fixedAddresses();
  const { hub, client } = await start(t, addresses);
  let reconnected = 0;
  const events = client.connect.sse.streamEvents(
    { types: ['group.created', 'server.connected'] },
    {
      onReconnect: () => {
        reconnected += 1;
      },
    },
  );
  let reopened = () => {};
  const socketIsBack = new Promise<void>((resolve) => {
    reopened = resolve;
  });
  const socket = client.automation.socket({ events: ['server.status'], onReconnect: () => reopened() });
  await Promise.all([events.open(), socket.open()]);
  await hub.connectServer(everythingServer('every'));
  t.match(await events.next(), { value: { type: 'server.connected', data: { serverName: 'every' }, id: /^\d+$/ } });
  t.match(await socket.next(), { value: { type: 'server.status', server: 'every', status: 'healthy' } });

  // Both wait while the hub is away.
  const [nextEvent, nextMessage] = [events.next(), socket.next()];
  await hub.stop();
  await startHub(t, { data: hub.data, env: addresses });
  t.match(await nextEvent, { value: { type: 'server.connected', data: { serverName: 'every' } } });
  t.equal(reconnected, 1);
  // A socket tells only of events while it is open.
  await socketIsBack;
  await hub.call('POST', '/api/servers/every/disconnect');
  t.match(await nextMessage, { value: { type: 'server.status', server: 'every' } });
  events.close();
  socket.close();
  t.same(await events.next(), { done: true, value: undefined });
  t.same(await socket.next(), { done: true, value: undefined });
});

/** The body of an answer. `placed` is called once its reader has taken the first place in it, and asks for more. */
function told({ body }: Response, placed: () => void): ReadableStream<Uint8Array> | null {
  const reader = body?.getReader();
  if (!reader) return null;
  let taken = '';
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (/^id:[\s\S]*?\n\n/m.test(taken)) placed();
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        taken += Buffer.from(value).toString();
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

t.test('a stream that told nothing yet misses nothing either', async (t) => {
  // As if the network were gone, and then there again.
  let network = new AbortController();
  let placed = () => {};
  const place = new Promise<void>((resolve) => {
    placed = resolve;
  });
  const cut: typeof fetch = async (input, init) => {
    const signal = AbortSignal.any([network.signal, ...(init?.signal ? [init.signal] : [])]);
    const response = await fetch(input, { ...init, signal });
    return new Response(told(response, placed), response);
  };
  const shaky = new Roundhouse({ baseUrl: hub.url, apiKey: ADMIN_KEY, fetch: cut, retries: 0 });
  const events = shaky.connect.sse.streamEvents({ types: ['server.connected'] });
  await events.open();
  const first = events.next();
  // The place that the hub told when the stream began.
  await place;
  network.abort(new TypeError('terminated'));
  await hub.connectServer(everythingServer('quiet'));
  t.match(await client.connect.tools.invoke('echo', { arguments: { message: 'x' }, serverId: 'quiet' }), {
    isError: false,
  });
  network = new AbortController();
  t.match(await first, { value: { type: 'server.connected', data: { serverName: 'quiet' } } });
  await events.return();
});

t.test('a run, its events and its end', async (t) => {
  await hub.connectServer(fixtureServer('flow', 'held'));
  const step = (name: string, tool: string) => ({
    name,
    kind: 'tool_call',
    with: { tool, server: 'flow', arguments: {} },
  });
  await client.backend.mcpDefinitions.create({
    name: 'flow',
    mcp_type: 'workflow',
    config: { type: 'workflow', steps: [step('first', 'echo'), step('second', 'hold')] },
  } as Parameters<typeof client.backend.mcpDefinitions.create>[0]);
  const run = await client.backend.workflowRuns.start({ workflow_definition_id: 'flow' });
  const progress: string[] = [];
  let running = () => {};
  const seenRunning = new Promise<void>((resolve) => {
    running = resolve;
  });
  const over = client.backend.workflowRuns.wait(run.id, {
    pollMs: 20,
    onProgress: ({ status }) => {
      progress.push(status);
      if (status === 'running') running();
    },
  });
  const seen: backend.RunEvent[] = [];
  for await (const event of client.backend.workflowRuns.stream(run.id)) {
    seen.push(event);
    if (event.type !== 'log' || event.data.step !== 'second' || event.data.step_status !== 'running') continue;
    // Release the step only after the polling wait has seen the run.
    await seenRunning;
    await client.connect.tools.invoke('release', { serverId: 'flow' });
  }
  const statuses = seen.flatMap((event) => (event.type === 'status_change' ? [event.data.status] : []));
  t.same(statuses, ['queued', 'running', 'completed'], 'the stream ends with the run');
  t.match(await over, { status: 'completed', progress: 100 });
  t.ok(progress.includes('running'));
  t.equal((await client.automation.jobs.wait(run.id)).kind, 'workflow', 'the same job in another API');
  const late: backend.RunEvent[] = [];
  for await (const event of client.backend.workflowRuns.stream(run.id, undefined, {
    lastEventId: seen.at(-2)?.id ?? '',
  }))
    late.push(event);
  t.same(
    late.map(({ id }) => id),
    seen.slice(-1).map(({ id }) => id),
    'what was missed',
  );
  const nothing: backend.RunEvent[] = [];
  for await (const event of client.backend.workflowRuns.stream(run.id, undefined, {
    lastEventId: seen.at(-1)?.id ?? '',
  }))
    nothing.push(event);
  t.same(nothing, [], 'and nothing twice');
});

t.test('logs that are followed, calls that tell how they go, and streams that are left', async (t) => {
  await hub.connectServer(everythingServer('talking'));
  const log = client.connect.servers.followLog('talking', { lines: 5 });
  t.match(await log.next(), { value: { level: String, message: String, timestamp: String } });
  const waiting = (async () => {
    for await (const _ of log);
  })();
  log.close();
  await waiting;
  t.pass('closed while it was waited for');

  const long = { duration: 0.3, steps: 3 };
  const told: string[] = [];
  const face = new MCPConnectClient({ baseUrl: hub.url, apiKey: ADMIN_KEY });
  for await (const event of face.tools.invokeStream('trigger-long-running-operation', long, { server: 'talking' }))
    told.push(event.type);
  t.equal(told.at(-1), 'result');
  t.ok(told.includes('progress'), told.join());
  const missing = face.tools.invokeStream('no-such-tool');
  await t.rejects(missing.next(), { name: 'RoundhouseError', code: 'NOT_FOUND' });

  const controller = new AbortController();
  const cancelled = client.connect.sse.streamEvents({}, { signal: controller.signal });
  await cancelled.open();
  const next = cancelled.next();
  controller.abort(new Error('enough'));
  await t.rejects(next, { message: 'enough' });
  t.same(await cancelled.next(), { done: true, value: undefined });
  for await (const { type } of client.connect.sse.streamEvents({ lastEventId: '0' })) {
    t.type(type, 'string');
    break;
  }
  const refused = client.connect.sse.streamEvents({ types: 'no.such.event' });
  await t.rejects(refused.next(), { code: 'VALIDATION_ERROR', status: 400 });
});

t.test('sockets: the subscriptions of each client, and refused ones', async (t) => {
  const session = new Roundhouse({ baseUrl: hub.url, username: 'admin', password: ADMIN_PASSWORD });
  const portal = session.portal.socket();
  // Nothing is cleaned up here; a machine that is short of memory or disk has alerts.
  const automation = session.automation.socket({ events: ['cleanup.complete'] });
  await Promise.all([portal.open(), automation.open()]);
  await t.rejects(automation.subscribe(['no.such' as 'alert.new']), {
    code: 'VALIDATION_ERROR',
    details: { field: 'events' },
  });
  await automation.subscribe(['server.status']);
  await automation.unsubscribe(['cleanup.complete']);
  t.same(automation.events, ['server.status']);
  const id = await hub.connectServer(everythingServer('listened'));
  t.match(await automation.next(), { value: { type: 'server.status', server: 'listened' } });
  t.match(await portal.next(), {
    value: { type: 'SERVER_STATE_CHANGED', data: { server_id: id, new_state: 'running' } },
  });
  await portal.return();
  await automation.return();

  const stranger = new Roundhouse({ baseUrl: hub.url, apiKey: 'mcp_of_nobody' });
  await t.rejects(stranger.automation.socket().open(), { name: 'RoundhouseError', code: 'INVALID_TOKEN' });
  await t.rejects(stranger.portal.socket().next(), { name: 'RoundhouseError', code: 'UNAUTHORIZED' });
  await t.rejects(new Roundhouse({ baseUrl: hub.url }).portal.socket().open(), {
    name: 'TypeError',
    message: /credential/,
  });
  const controller = new AbortController();
  const cancelled = session.automation.socket({ signal: controller.signal });
  await cancelled.open();
  const next = cancelled.next();
  controller.abort(new Error('enough'));
  await t.rejects(next, { message: 'enough' });
});
