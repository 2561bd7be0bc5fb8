import t from 'tap';
import { RpcError } from '../../../hub/api/mcp/json-rpc.js';
import { Listenings } from '../../../hub/api/mcp/rev2026-07-28/listening.js';
import { settled } from '../../kit/turns.js';
import { caller } from './caller.js';

const meta = { version: '2026-07-28', capabilities: { elicitation: {} }, info: {}, logLevel: undefined };
type Parts = ConstructorParameters<typeof Listenings>;

/** Streams of a hub whose servers accept subscriptions to `memo:` URIs alone. */
function listenings() {
  const client = {};
  const unsubscribed: string[] = [];
  const asked: string[] = [];
  let unlistened = () => {};
  const methods = new Map(
    Object.entries({
      'resources/subscribe': async (_: unknown, { uri }: { uri: string }): Promise<string> => {
        asked.push(uri);
        if (!uri.startsWith('memo:')) throw new RpcError(-32002, 'Resource not found');
        return '{}';
      },
      'resources/unsubscribe': async (_: unknown, { uri }: { uri: string }): Promise<string> => {
        unsubscribed.push(uri);
        return '{}';
      },
    }),
  );
  const clients = { told: () => {}, offer: () => ({ tag: '' }) };
  const stateless = { listen: () => ({ client }), unlisten: () => unlistened() };
  const made = new Listenings(
    { mcp: { clients } } as unknown as Parts[0],
    methods as unknown as Parts[1],
    stateless as unknown as Parts[2],
  );
  const open = (resourceSubscriptions: unknown) =>
    made.open(
      { caller, signal: new AbortController().signal } as never,
      { view: {}, onError: (error: unknown) => t.fail(String(error)) } as never,
      { kind: 'request', id: 1, method: 'subscriptions/listen', params: { notifications: { resourceSubscriptions } } },
      meta,
    );
  const ended = new Promise<void>((resolve) => {
    unlistened = resolve;
  });
  return { made, open, asked, unsubscribed, ended };
}

t.test('a stream keeps no resource whose server refused the subscription', async (t) => {
  const { made, open, asked, unsubscribed, ended } = listenings();
  open(['memo:a', 'other:b', 'memo:c']);
  t.same(asked, ['memo:a', 'other:b', 'memo:c']);
  await settled();
  made.close();
  await ended;
  t.same(unsubscribed, ['memo:a', 'memo:c'], 'what it kept');
});

t.test('the URIs of a stream are bounded: each, and all together', async (t) => {
  const { made, open } = listenings();
  const field = 'notifications.resourceSubscriptions';
  const of = (count: number, length: number) =>
    Array.from({ length: count }, (_, n) => `memo:${n}:`.padEnd(length, 'x'));
  t.throws(() => open(['memo:a', 'x'.repeat(2049)]), { code: -32602, data: { field: `${field}[1]` }, message: /2048/ });
  t.throws(() => open(of(200, 2000)), { code: -32602, data: { field }, message: /262144 characters in all/ });
  t.throws(() => open(of(1001, 10)), { code: -32602, data: { field }, message: /1000/ });
  t.equal(made.size, 0);
  open(of(1000, 200));
  t.equal(made.size, 1);
  made.close();
});
