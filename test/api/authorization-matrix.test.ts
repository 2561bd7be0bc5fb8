import t from 'tap';
import { describedApis } from '../../hub/apis.js';
import { roles } from '../../hub/domain/access/caller.js';
import type { Permission } from '../../hub/domain/access/permissions.js';
import type { BoundEndpoint } from '../../hub/http/endpoint.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';
import { expected } from '../unit/access/expected.js';

const UNKNOWN = '0193a1b2-0000-7000-8000-000000000000';

/** Every endpoint of every table that needs a credential, with the path that a client calls. */
const endpoints = describedApis().flatMap((api) =>
  api.endpoints
    .filter(({ spec }) => spec.permission !== 'public')
    .map(({ spec }) => ({
      spec,
      base: api.plainOnly ? '' : `/${api.name}`,
      name: `${api.name} ${spec.method} ${spec.path}`,
    })),
);

/**
 * The body of a call: `valid` would change something if the call were allowed; `unknown` gets as far as the check of the body, and changes
 * nothing.
 */
type Body = 'valid' | 'unknown';

/** Calls an endpoint. For an endless stream, it waits for the head only. */
async function ask(hub: Hub, { spec, base }: (typeof endpoints)[number], key: string, body: Body, id = UNKNOWN) {
  const stop = new AbortController();
  const response = await fetch(hub.url + base + spec.path.replaceAll(/\{[^}]+\}/g, id), {
    method: spec.method,
    headers: { Authorization: `Bearer ${key}`, Accept: 'application/json, text/event-stream', ...json(spec) },
    ...(spec.body ? { body: JSON.stringify(body === 'valid' ? spec.example : { noSuchField: 1 }) } : {}),
    signal: stop.signal,
  });
  const endless = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = endless ? '' : await response.text();
  stop.abort();
  return { status: response.status, text };
}

function json({ body }: BoundEndpoint['spec']): Record<string, string> {
  return body ? { 'Content-Type': 'application/json' } : {};
}

t.test('the tables have endpoints', (t) => {
  t.ok(endpoints.length > 150, `${endpoints.length} endpoints`);
  t.end();
});

const isRefused = (status: number) => status === 401 || status === 403;

t.test('each endpoint × each role', async (t) => {
  const hub = await startHub(t);
  const wrong: string[] = [];
  for (const role of roles) {
    const key = await hub.key(role);
    for (const one of endpoints) {
      const permission = one.spec.permission as Permission | 'authenticated';
      if (permission === 'authenticated') continue;
      const may = roles.indexOf(role) >= roles.indexOf(expected[permission].least);
      const { status } = await ask(hub, one, key, may ? 'unknown' : 'valid');
      if (isRefused(status) === may) wrong.push(`${one.name} as ${role}: ${status}`);
    }
  }
  t.same(wrong, []);
});

t.test('each endpoint × each kind of narrowed key of an admin', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub, 'hidden-site');
  const made = async (path: string, body: object) => {
    const { status, body: answer } = await hub.call('POST', path, body);
    if (status !== 201) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return (answer.data ?? answer) as { readonly id: string };
  };
  const url = (name: string) => ({
    name,
    site: 'hidden-site',
    transport: { type: 'http', url: 'http://192.0.2.1/mcp' },
  });
  const group = await made('/api/groups', { name: 'hidden-group' });
  const server = await made('/api/servers', { ...url('hidden-server'), groupId: group.id });
  const own = await made('/api/servers', url('own-server'));
  const hook = await made('/api/webhooks', { url: 'http://127.0.0.1:9/hidden-hook', events: ['server.error'] });
  const key = await made('/api/keys', { name: 'hidden-key', role: 'admin' });
  const user = await made('/api/users', { username: 'hidden-user', password: 'correct horse battery' });
  const hidden = [server.id, group.id, hook.id, key.id, user.id, agent.id, 'hidden-site'];
  const before = await Promise.all(hidden.map((id) => shown(hub, id)));

  const narrowings = {
    servers: { servers: [own.id] },
    groups: { groups: [UNKNOWN] },
    sites: { sites: ['elsewhere'] },
    tools: { tools: ['no_such_tool'] },
  };
  const wrong: string[] = [];
  for (const [kind, grants] of Object.entries(narrowings)) {
    const narrow = await hub.key('admin', { name: `narrowed to ${kind}`, grants });
    for (const one of endpoints) {
      const permission = one.spec.permission as Permission | 'authenticated';
      const may =
        permission === 'authenticated' ||
        (kind === 'tools' ? expected[permission].tools : expected[permission].narrowed);
      const ids = one.spec.path.includes('{') ? hidden : [UNKNOWN];
      for (const id of ids) {
        const { status, text } = await ask(hub, one, narrow, may ? 'unknown' : 'valid', id);
        const cell = `${one.name} of ${id} by a key narrowed to ${kind}: ${status}`;
        if (!may && status !== 403) wrong.push(`not refused: ${cell}`);
        // A key for tools reads facts about servers only.
        const told =
          kind === 'tools' ? /hidden-(hook|key|user|site"?,"agentCount)/ : /hidden-(server|group|hook|key|user)/;
        if (told.test(text.replaceAll(id, ''))) wrong.push(`it shows what is hidden: ${cell}: ${text}`);
        if (one.spec.method !== 'GET' && one.spec.path.includes('{') && Math.floor(status / 100) === 2)
          wrong.push(`done: ${cell}`);
      }
    }
  }
  t.same(wrong, []);
  t.same(await Promise.all(hidden.map((id) => shown(hub, id))), before, 'nothing was changed');
});

t.test('each endpoint × a right that was removed during the request: the role of a user, the key itself', async (t) => {
  const hub = await startHub(t);
  const account = { username: 'ops', password: 'correct horse battery' };
  const { body: made } = await hub.call('POST', '/api/users', { ...account, role: 'admin' });
  const { body: signedIn } = await hub.call('POST', '/infrastructure/api/v1/auth/login', account, null);
  const token: string = signedIn.data.access_token;
  const own = await hub.call('POST', '/infrastructure/api/v1/api-keys', { name: 'own', expires_in: 0 }, token);
  const { body: revoked } = await hub.call('POST', '/api/keys', { name: 'revoked', role: 'admin' });
  t.equal((await hub.call('DELETE', `/api/keys/${revoked.data.id}`)).status, 200);
  const demoted = await hub.call('PUT', `/portal/api/v1/admin/users/${made.data.id}/role`, { role: 'standard_user' });
  t.equal(demoted.status, 200);
  const wrong: string[] = [];
  for (const one of endpoints) {
    const permission = one.spec.permission as Permission | 'authenticated';
    for (const [by, key] of [
      ['a revoked key', revoked.data.key],
      ['a sign-in from before', token],
    ]) {
      const { status } = await ask(hub, one, key, 'valid');
      if (status !== 401) wrong.push(`${one.name} by ${by}: ${status}`);
    }
    if (permission === 'authenticated') continue;
    const may = roles.indexOf('user') >= roles.indexOf(expected[permission].least);
    const { status } = await ask(hub, one, own.body.data.key, may ? 'unknown' : 'valid');
    if (isRefused(status) === may) wrong.push(`${one.name} by the key of a demoted user: ${status}`);
  }
  t.same(wrong, []);
});

/** A record of any kind, as an admin reads it. */
async function shown(hub: Hub, id: string): Promise<string[]> {
  const lists = [
    '/api/servers',
    '/api/groups',
    '/api/webhooks',
    '/api/keys',
    '/api/agents',
    '/infrastructure/api/v1/users',
  ];
  const answers = await Promise.all(lists.map((path) => hub.call('GET', path)));
  return answers
    .flatMap(({ body }) => body.data as { id: string; name?: string }[])
    .flatMap((one) => (one.id === id ? [id] : []));
}
