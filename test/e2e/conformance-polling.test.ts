import { createParser, type EventSourceMessage } from 'eventsource-parser';
import t from 'tap';
import { serveFixture, server } from '../conformance/ways.mjs';
import { ADMIN_KEY, type Hub, startAgent, startHub } from '../roundhouse.js';

const revision = '2025-11-25';

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  const cleanup: (() => Promise<void>)[] = [];
  t.teardown(async () => {
    for (const end of cleanup) await end();
  });
  const command = { type: 'stdio', command: process.execPath, args: [server, 'stdio', revision] };
  await hub.connectServer({ name: 'stdio', transport: command });
  await hub.connectServer({ name: 'http', transport: { type: 'http', url: await serveFixture(revision, cleanup) } });
});

interface Heard {
  readonly id: string | undefined;
  readonly message: { readonly id?: unknown; readonly method?: string; readonly result?: unknown } | undefined;
}

/** The events of an answer; `onRetry` gets the pause that the stream asks for. */
async function* eventsOf({ body }: Response, onRetry: (ms: number) => void = () => {}): AsyncGenerator<Heard> {
  const heard: Heard[] = [];
  const onEvent = ({ id, data }: EventSourceMessage) =>
    heard.push({ id, message: data === '' ? undefined : JSON.parse(data) });
  const parser = createParser({ onEvent, onRetry });
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* heard.splice(0);
  }
}

for (const way of ['stdio', 'http'] as const)
  t.test(`${way}: a call goes on while its stream is gone`, async (t) => {
    const address = `${hub.url}/mcp/servers/${way}`;
    const headers: Record<string, string> = {
      Authorization: `Bearer ${ADMIN_KEY}`,
      Accept: 'application/json, text/event-stream',
      'Content-Type': 'application/json',
    };
    const post = (id: number, method: string, params: object, init: RequestInit = {}) =>
      fetch(address, {
        method: 'POST',
        headers,
        body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
        ...init,
      });
    const hello = { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'poller', version: '1' } };
    const opened = await post(1, 'initialize', hello);
    headers['Mcp-Session-Id'] = opened.headers.get('mcp-session-id') ?? '';
    headers['MCP-Protocol-Version'] = revision;

    const gone = new AbortController();
    let retry = 0;
    const call = { name: 'test_reconnection', arguments: {} };
    const stream = await post(2, 'tools/call', call, { signal: gone.signal });
    const events = eventsOf(stream, (ms) => {
      retry = ms;
    });
    const { value: first } = (await events.next()) as IteratorResult<Heard, undefined>;
    gone.abort();
    if (!t.ok(first?.id, 'the first event says where to come back to')) return;
    t.equal(first?.message, undefined, 'and nothing else');
    t.ok(retry > 0, 'and when');

    const back = await fetch(address, { headers: { ...headers, 'Last-Event-ID': first?.id ?? '' } });
    const heard: Heard[] = [];
    for await (const event of eventsOf(back)) heard.push(event);
    t.match(
      heard.map(({ message }) => message),
      [
        { method: 'notifications/message', params: { data: 'Hanging up' } },
        { id: 2, result: { content: [{ text: 'The client came back.' }] } },
      ],
    );
  });
