import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { confirmAt } from '../fixtures/mcp/consent-page.mjs';
import { type ConsentFixture, consentProvider } from '../fixtures/mcp/consent-provider.js';
import { wait } from '../kit/wait.js';
import { type Hub, runAgent, startAgent, startHub } from '../roundhouse.js';

let hub: Hub;
let agent: Awaited<ReturnType<typeof startAgent>>;
t.before(async () => {
  hub = await startHub(t);
  agent = await startAgent(t, hub);
});

const auth = { type: 'oauth2', grantType: 'authorization_code' };
let servers = 0;

/** A server that wants consent, registered. */
async function registered(fixture: ConsentFixture, more: object = {}, site = 'local'): Promise<string> {
  servers += 1;
  const transport = { type: 'http', url: fixture.url };
  const name = `guarded-${servers}`;
  const body = { name, site, transport, auth: { ...auth, ...more }, healthCheck: { enabled: false } };
  const made = await hub.call('POST', '/api/servers', body);
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return made.body.data.id;
}

const connect = (id: string) => hub.call('POST', `/api/servers/${id}/connect`);
const runtime = async (id: string, key?: string) =>
  (await hub.call('GET', `/api/servers/${id}`, undefined, key)).body.data.runtime;
const invoke = (id: string, tool: string) => hub.call('POST', `/api/tools/${tool}/invoke`, { serverId: id });
const callback = (url: string) => hub.call('GET', url.slice(hub.url.length), undefined, null);

/** Sends the form of a page that the browser has come back to. @param origin of the page that sends it */
async function confirmed(page: string, origin?: string) {
  const answer = await confirmAt(page, `${hub.url}/connect/api/oauth/callback`, origin);
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

/** Goes where a person has to consent, comes back, and confirms. */
async function consented(fixture: ConsentFixture, id: string, answer?: 'yes' | 'no') {
  const { authorizationUrl } = await runtime(id);
  const page = await callback(await fixture.consent(authorizationUrl, answer));
  return answer === 'no' ? page : confirmed(page.body);
}

/** The audit entries of ended consents at a server. */
async function ends(id: string) {
  const { body } = await hub.call('GET', '/api/audit?action=server.consent_end');
  return body.data.entries.filter(({ resource }: { resource: { id: string } }) => resource.id === id);
}

async function allowed(fixture: ConsentFixture, site = 'local'): Promise<string> {
  const id = await registered(fixture, {}, site);
  await connect(id);
  await consented(fixture, id);
  const { status, body } = await connect(id);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return id;
}

t.test('a person consents, and the server lets its agent in', async (t) => {
  const fixture = await consentProvider(t);
  const id = await registered(fixture);
  const refused = await connect(id);
  t.equal(refused.status, 503);
  t.match(refused.body.error, /a person has to consent at http:\/\/127\.0\.0\.1:\d+; the server's details say where/);
  const { authorizationUrl, nextAttemptAt } = await runtime(id);
  t.equal(nextAttemptAt, null, 'nothing is gained by trying again');
  t.equal((await runtime(id, await hub.key('user'))).authorizationUrl, null, 'not for everybody');
  const narrowed = await hub.key('operator', { grants: { tools: ['look'] } });
  t.equal((await runtime(id, narrowed)).authorizationUrl, null, 'nor for a key that calls tools only');
  const asked = new URL(authorizationUrl).searchParams;
  t.match(Object.fromEntries(asked), {
    code_challenge_method: 'S256',
    resource: fixture.url,
    scope: 'read offline_access',
    redirect_uri: `${hub.url}/connect/api/oauth/callback`,
  });
  await connect(id);
  t.equal((await runtime(id)).authorizationUrl, authorizationUrl, 'the same until it is used');

  const told = await consented(fixture, id);
  t.equal(told.status, 200);
  t.match(told.headers.get('content-type'), /^text\/html/);
  t.match(told.body, /The server guarded-\d+ may be used now/);
  t.equal((await connect(id)).status, 200);
  t.equal((await runtime(id)).authorizationUrl, null);
  t.equal((await invoke(id, 'look')).status, 200);
  t.equal(fixture.tokenRequests[0]?.get('resource'), fixture.url);
  const audited = await hub.call('GET', '/api/audit?action=server.authorize&limit=1');
  t.match(audited.body.data.entries[0], { resource: { id }, actor: { type: 'anonymous' }, details: { success: true } });
});

t.test('tokens are renewed without a user, and outlive the agent', async (t) => {
  const own = await startAgent(t, hub, 'elsewhere');
  const fixture = await consentProvider(t);
  const id = await allowed(fixture, 'elsewhere');
  await fixture.revokeAccess();
  t.equal((await invoke(id, 'look')).status, 200);
  t.equal(fixture.tokenRequests.at(-1)?.get('grant_type'), 'refresh_token');
  t.equal(fixture.tokenRequests.at(-1)?.get('resource'), fixture.url);

  const connected = hub.log.length;
  await own.stop();
  runAgent(t, ['--hub', hub.agentAddress, '--data', own.data]);
  await hub.logged(({ body }) => body === 'agent connected', connected);
  t.equal((await connect(id)).status, 200);
  t.equal((await invoke(id, 'look')).status, 200);
  t.equal(fixture.clients(), 1, 'the client is the same');

  await fixture.revokeAll();
  const ended = await invoke(id, 'look');
  t.match(ended.body.error, /a person has to consent/);
  await wait('the hub has noted the end of the consent', async () => (await ends(id)).length > 0);
  t.match(await ends(id), [{ details: { cause: 'consent_asked_again' } }]);
  t.equal((await consented(fixture, id)).status, 200);
  t.equal((await invoke(id, 'look')).status, 200);
});

t.test('a tool that needs more asks for more, and the others go on', async (t) => {
  const fixture = await consentProvider(t);
  const id = await allowed(fixture);
  t.match(await invoke(id, 'change'), { status: 502, body: { error: /a person has to consent/ } });
  const { authorizationUrl, error } = await runtime(id);
  t.equal(error, null, 'it is connected all the while');
  t.equal(new URL(authorizationUrl).searchParams.get('scope'), 'read offline_access write');
  t.equal((await invoke(id, 'look')).status, 200);
  t.equal((await consented(fixture, id)).status, 200);
  t.equal((await invoke(id, 'change')).status, 200);
  await hub.call('DELETE', `/api/servers/${id}`);
  t.match(await ends(id), [{ details: { cause: 'server_deleted' } }], 'the consent did not end before');
});

t.test('a user who does not consent, and a state that the hub did not issue', async (t) => {
  const fixture = await consentProvider(t);
  const id = await registered(fixture);
  await connect(id);
  const { authorizationUrl } = await runtime(id);
  const denied = await consented(fixture, id, 'no');
  t.equal(denied.status, 502);
  t.match(denied.body, /consent was refused \(access_denied: not &lt;me&gt;\)/, 'and nothing of it is markup');
  t.equal((await runtime(id)).authorizationUrl, null, 'it is used up');
  const state = new URL(authorizationUrl).searchParams.get('state');
  for (const used of [state, 'of-nobody'])
    t.equal((await hub.call('GET', `/connect/api/oauth/callback?state=${used}&code=x`, undefined, null)).status, 404);
  t.equal((await hub.call('GET', '/connect/api/oauth/callback?code=x', undefined, null)).status, 400);
  await connect(id);
  const back = new URL(await fixture.consent((await runtime(id)).authorizationUrl));
  back.searchParams.set('iss', 'https://elsewhere.example');
  const { body } = await callback(back.href);
  t.match(await confirmed(body), { status: 502, body: /&quot;iss&quot;/ }, 'an answer of another provider');
});

t.test(
  'a person whom another person sent to a consent learns who will act in their name, and confirms it at a page of the hub',
  async (t) => {
    const fixture = await consentProvider(t);
    const id = await registered(fixture);
    await connect(id);
    const { status, headers, body } = await callback(await fixture.consent((await runtime(id)).authorizationUrl));
    t.equal(status, 200);
    t.match(body, /May the server guarded-\d+ use your account\?/);
    t.match(body, new URL(fixture.url).origin, 'the address of the server');
    t.match(body, /all callers who may use the server at this hub act in your name/);
    t.match(headers.get('content-security-policy'), "frame-ancestors 'none'", 'another page cannot show it in a frame');
    t.equal((await invoke(id, 'look')).status, 503, 'before the confirmation, the server does not let the agent in');
    t.equal(fixture.tokenRequests.length, 0);
    t.equal((await confirmed(body, 'https://elsewhere.example')).status, 403, 'not by a page of another host');
    t.equal((await confirmed(body)).status, 200);
    t.equal((await connect(id)).status, 200);
    t.equal((await invoke(id, 'look')).status, 200);
  },
);

t.test('no secret lies about', async (t) => {
  const fixture = await consentProvider(t);
  const id = await allowed(fixture);
  t.ok(fixture.issued.length >= 2);
  const folders = [agent.data, join(agent.data, 'grants')];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => readFileSync(join(folder, name)).toString('latin1')),
  );
  const log = [...hub.log, ...agent.log].map((entry) => JSON.stringify(entry));
  for (const secret of fixture.issued) t.notOk([...files, ...log].some((text) => text.includes(secret)));
  t.ok(readdirSync(join(agent.data, 'grants')).includes(`${id}.sealed`));
  await hub.call('DELETE', `/api/servers/${id}`);
  t.notOk(readdirSync(join(agent.data, 'grants')).includes(`${id}.sealed`), 'gone with the server');
});

t.test('registrations that the hub refuses', async (t) => {
  const http = { type: 'http', url: 'http://127.0.0.1:9/mcp' };
  const refusal = async (given: object, transport: object = http) => {
    const answer = await hub.call('POST', '/api/servers', {
      name: 'bad',
      transport,
      auth: { type: 'oauth2', ...given },
    });
    return [answer.status, answer.body.details?.field];
  };
  t.same(await refusal({ clientId: 'a' }), [400, 'auth.clientSecret']);
  t.same(await refusal({ clientSecret: 'b' }), [400, 'auth.clientId']);
  t.same(await refusal({ clientId: 'a', clientSecret: 'b', privateKey: 'c' }), [400, 'auth.privateKey']);
  t.same(await refusal({ clientId: 'a', privateKey: 'no key' }), [400, 'auth.privateKey']);
  t.same(await refusal({ ...auth, clientSecret: 'b' }), [400, 'auth.clientId']);
  const socket = { type: 'websocket', url: 'ws://127.0.0.1:9/mcp' };
  t.same(await refusal(auth, socket), [400, 'auth.grantType']);
  t.same(await refusal({ clientId: 'a', clientSecret: 'b' }, socket), [400, 'auth.tokenUrl']);
});

t.test("the hub's metadata as a client of authorization servers", async (t) => {
  t.equal((await hub.call('GET', '/connect/api/oauth/client', undefined, null)).status, 404, 'none without TLS');
  const own = await startHub(t, { env: { ROUNDHOUSE_PUBLIC_URL: 'https://hub.example' } });
  const { body } = await own.call('GET', '/connect/api/oauth/client', undefined, null);
  const oauth = 'https://hub.example/connect/api/oauth';
  t.match(body, { client_id: `${oauth}/client`, redirect_uris: [`${oauth}/callback`] });
});
