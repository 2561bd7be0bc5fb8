import t from 'tap';
import { McpSession } from '../../../hub/api/mcp/rev2025-11-25/session.js';
import { HeldCall, type HeldCallOptions } from '../../../hub/api/mcp/rev2026-07-28/held-call.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import type { ClientListener } from '../../../hub/domain/mcp/clients/client.js';
import type { PrivateInstance } from '../../../hub/domain/mcp/clients/instances.js';
import { type NoticeParts, Notices } from '../../../hub/domain/mcp/clients/notices.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { caller } from '../mcp-door/caller.js';

const LOG = 'notifications/message';

/** The log messages of a client's own instance that the client gets. @param params of each log message */
function told(listener: ClientListener, sent: readonly string[], params: readonly string[]): unknown[] {
  const notices = new Notices({} as NoticeParts);
  const instance = { client: { listener }, server: { id: 's1' } } as unknown as PrivateInstance;
  for (const one of params) notices.ofInstance(instance, LOG, one, new Redactor());
  return sent.map((json) => JSON.parse(json));
}

t.test('an empty log message is left out, and the next one is heard', async (t) => {
  const readable = '{"level":"info","data":"x"}';
  const next = { jsonrpc: '2.0', method: LOG, params: { level: 'info', data: 'x' } };
  const sent: string[] = [];
  const carrier = { streams: true, send: (json: string) => void sent.push(json), answer() {}, drop() {} };

  const call = new HeldCall({ caller, logLevel: 'info', capabilities: {} } as unknown as HeldCallOptions);
  call.carriedBy(carrier);
  t.same(told(call, sent, ['', readable]), [next], '2026-07-28');

  sent.splice(0);
  const session = new McpSession('["","","",""]', '2025-11-25');
  session.begin(1, carrier, undefined);
  t.same(told(session, sent, ['', readable]), [next], 'before it');
});

t.test('a private instance passes on no progress, which could name the call of another server', async (t) => {
  const heard: string[] = [];
  const listener = { notify: (method: string) => void heard.push(method) } as unknown as ClientListener;
  const instance = { client: { listener }, server: { id: 's1' } } as unknown as PrivateInstance;
  const notices = new Notices({} as NoticeParts);
  const own = 'notifications/elicitation/complete';
  for (const method of ['notifications/progress', 'tools/call', own])
    notices.ofInstance(instance, method, '{}', new Redactor());
  t.same(heard, [own]);
});

t.test('the hub looks for secrets only in a notification that a client gets', async (t) => {
  const heard: string[] = [];
  const listener = { notify: (_: string, params: string) => void heard.push(params) };
  const view = { reads: true, covers: () => true };
  const subscriber = { listener, view, exposed: (_: unknown, uri: string) => uri };
  const interests = { subscribers: (_: string, uri: string) => (uri === 'r:1' ? [subscriber] : []) };
  const notices = new Notices({ interests, stale() {} } as unknown as NoticeParts);
  const secrets = new Redactor();
  secrets.learn('s3cr3t-value');
  const searched: number[] = [];
  const { touches } = secrets;
  secrets.touches = (text) => {
    searched.push(text.length);
    return touches.call(secrets, text);
  };
  const server = { id: 's1' } as ServerRecord;
  const params = (uri: string, text: string) => JSON.stringify({ uri, _meta: { text } });
  notices.ofServer(server, LOG, params('r:1', 'x'.repeat(50_000)), secrets);
  for (const list of ['prompts', 'resources'])
    notices.ofServer(server, `notifications/${list}/list_changed`, params('r:1', 'x'.repeat(50_000)), secrets);
  for (const uri of ['r:2', 'r:3'])
    notices.ofServer(server, 'notifications/resources/updated', params(uri, 'x'.repeat(50_000)), secrets);
  t.ok(
    searched.every((length) => length < 100),
    `${searched}`,
  );
  notices.ofServer(server, 'notifications/resources/updated', params('r:1', 'a s3cr3t-value'), secrets);
  t.same(heard, [params('r:1', 'a [REDACTED]')]);
});
