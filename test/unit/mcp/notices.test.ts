import t from 'tap';
import { McpSession } from '../../../hub/api/mcp/rev2025-11-25/session.js';
import { HeldCall, type HeldCallOptions } from '../../../hub/api/mcp/rev2026-07-28/held-call.js';
import type { ClientListener } from '../../../hub/domain/mcp/clients/client.js';
import type { PrivateInstance } from '../../../hub/domain/mcp/clients/instances.js';
import { type NoticeParts, Notices } from '../../../hub/domain/mcp/clients/notices.js';
import { caller } from '../mcp-door/caller.js';

const LOG = 'notifications/message';

/** The log messages of a client's own instance that the client gets. @param params of each log message */
function told(listener: ClientListener, sent: readonly string[], params: readonly string[]): unknown[] {
  const notices = new Notices({} as NoticeParts);
  const instance = { client: { listener }, server: { id: 's1' } } as unknown as PrivateInstance;
  for (const one of params) notices.ofInstance(instance, LOG, one);
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
  for (const method of ['notifications/progress', 'tools/call', own]) notices.ofInstance(instance, method, '{}');
  t.same(heard, [own]);
});
