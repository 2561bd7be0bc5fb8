import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { connectEnvelope } from '../../hub/api/connect/envelope.js';
import { DomainError } from '../../hub/domain/errors.js';
import { type Answer, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { connectDocument, documented, sameShape } from '../shape.js';
import { tempFolder } from '../temp-folder.js';

const { errors, transports, auths } = connectDocument;

/** A hub whose circuits open after one failure, and a server whose mood the test sets. */
async function start(t: Test) {
  const folder = tempFolder(t, { hub: {}, mood: 'well' });
  const env = { ROUNDHOUSE_BREAKER_FAILURES: '1', ROUNDHOUSE_RATE_LIMIT_SCALE: '1' };
  const hub = await startHub(t, { data: join(folder, 'hub'), env });
  await startAgent(t, hub);
  const MOOD = join(folder, 'mood');
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')], env: { MOOD } };
  await hub.connectServer({ name: 'moody', transport });
  return { hub, mood: (text: string) => writeFileSync(MOOD, text) };
}

const invoke = (hub: Hub, more: object = {}) =>
  hub.call('POST', '/api/tools/read/invoke', { serverId: 'moody', ...more });

t.test('every documented error, in the documented form', async (t) => {
  const { hub, mood } = await start(t);
  const made = new Map<string, Answer>();
  const is = (code: string, answer: Answer) => {
    made.set(code, answer);
    t.equal(answer.body.code, code);
    t.equal(answer.status, errors.statuses[code], code);
    sameShape(t, answer.body, errors.answer, `${code} has the documented form`);
    t.same(Object.keys(answer.body), Object.keys(errors.answer as object), 'and nothing else');
    t.match(answer.headers.get('content-type'), /^application\/json/);
  };
  is('UNAUTHORIZED', await hub.call('GET', '/api/servers', undefined, null));
  is('UNAUTHORIZED', await hub.call('GET', '/api/servers', undefined, 'mcp_no_such_key'));
  is('FORBIDDEN', await hub.call('POST', '/api/groups', { name: 'x' }, await hub.key('viewer')));
  is('NOT_FOUND', await hub.call('GET', '/api/servers/0193a1b2-0000-7000-8000-000000000000'));
  is('NOT_FOUND', await hub.call('GET', '/api/no/such/path'));
  is('VALIDATION_ERROR', await hub.call('GET', '/api/tools?limit=101'));
  is('VALIDATION_ERROR', await hub.call('POST', '/api/servers', '{"name":'));
  is('VALIDATION_ERROR', await hub.call('POST', '/api/webhooks', { url: 'no url', events: ['tool.invoked'] }));
  is('VALIDATION_ERROR', await hub.call('POST', '/api/webhooks', { url: 'https://your-app.com/', events: ['x'] }));
  is('VALIDATION_ERROR', await hub.call('GET', '/api/audit?from=yesterday'));
  is('VALIDATION_ERROR', await hub.call('GET', '/api/sse/events?types=x'));

  const limited = await hub.key('viewer', { limits: { perMinute: 1 } });
  const asked = Date.now();
  const allowed = await hub.call('GET', '/api/groups', undefined, limited);
  const refused = await hub.call('GET', '/api/groups', undefined, limited);
  is('RATE_LIMITED', refused);
  for (const name of Object.keys(errors.headers))
    for (const { headers } of [allowed, refused]) t.match(headers.get(name), /^\d+$/, name);
  const reset = Number(refused.headers.get('x-ratelimit-reset')) * 1000;
  t.ok(reset > asked - 1000 && reset <= Date.now() + 61_000, 'seconds since 1970');

  mood('silent');
  is('TIMEOUT', await invoke(hub, { timeoutMs: 50 }));
  mood('rpc-error');
  t.match(await invoke(hub), { status: 502, body: { code: 'UPSTREAM_ERROR' } }, "the fault is the server's");
  is('CIRCUIT_OPEN', await invoke(hub));
  await hub.call('POST', '/api/servers/moody/disconnect');
  is('SERVER_DISCONNECTED', await invoke(hub));
  for (const code of ['CIRCUIT_OPEN', 'RATE_LIMITED'])
    t.match(made.get(code)?.headers.get('retry-after'), /^\d+$/, `${code} says when to come back`);
  const stopped = made.get('SERVER_DISCONNECTED');
  t.match(stopped?.body.details, { state: 'stopped', outcome: 'not_run', retryable: false });
  t.equal(stopped?.headers.get('retry-after'), null, 'waiting does not start a server that was stopped');
  // Nothing is known to cause an internal error.
  const others = Object.keys(errors.statuses).filter((code) => code !== 'INTERNAL_ERROR');
  t.same([...made.keys()].sort(), others.sort(), 'that is all of them');
  t.match(connectEnvelope.failure(new DomainError('internal', 'x'), { requestId: '', timestamp: '' }), {
    status: errors.statuses.INTERNAL_ERROR,
    body: /"code":"INTERNAL_ERROR"/,
  });
});

t.test('every documented transport and kind of credential can be registered, and comes back masked', async (t) => {
  const { hub } = await start(t);
  const masked = (values: object) => Object.fromEntries(Object.keys(values).map((name) => [name, '********']));
  for (const [i, transport] of transports.values.entries())
    for (const [j, auth] of auths.values.entries()) {
      const { status, body } = await hub.call('POST', '/api/servers', { name: `server ${i}.${j}`, transport, auth });
      t.equal(status, 201, JSON.stringify(body));
      sameShape(t, body, documented('POST /api/servers'));
      const { env, headers } = transport as { env?: object; headers?: object };
      const secrets = { ...(env ? { env: masked(env) } : {}), ...(headers ? { headers: masked(headers) } : {}) };
      t.same(body.data.transport, { ...transport, ...secrets });
      const { key, clientSecret } = auth;
      const hidden = { ...(key ? { key: '********' } : {}), ...(clientSecret ? { clientSecret: '********' } : {}) };
      t.same(body.data.auth, { ...auth, ...hidden });
    }
});
