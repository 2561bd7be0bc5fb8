import t from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import type { AuthInput } from '../../hub/domain/servers/transport.js';
import { startDomain, type TestDomain } from '../kit/domain.js';

const url = 'https://mcp.example/mcp';
const auth = {
  type: 'oauth2',
  grantType: 'authorization_code',
  clientId: 'hub',
  clientSecret: 'a first secret',
} as const;

async function registered(hub: TestDomain, name: string): Promise<string> {
  const { id } = await hub.register(name, {}, { transport: { type: 'http', url }, auth });
  return id;
}

/** The agent asks for a consent; `needsConsent`: it has no tokens of an earlier one. */
function asks(hub: TestDomain, id: string, needsConsent: boolean): void {
  const authorizationUrl = `https://login.example/?state=${id}`;
  hub.report(id, { state: needsConsent ? 'error' : 'connected', authorizationUrl, needsConsent });
}

/** A person consents. @param meanwhile runs before the agent has the tokens */
async function consents(hub: TestDomain, id: string, meanwhile = async () => {}): Promise<void> {
  asks(hub, id, true);
  hub.fleet.answers.set('authorizeServer', async () => {
    await meanwhile();
    return { case: 'server', value: hub.fleet.report(id) };
  });
  await hub.domain.consents.complete({ ...SYSTEM, ip: '192.0.2.7' }, `state=${id}&code=x`);
}

/** The audit entries of ended consents at a server, newest first. */
async function ends(hub: TestDomain, id: string) {
  await hub.store.flush();
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'server.consent_end' }, 100, 0);
  return entries.filter(({ resource }) => resource?.id === id);
}

t.test('a consent ends when its server is deleted', async (t) => {
  const hub = await startDomain(t);
  const [given, never] = [await registered(hub, 'given'), await registered(hub, 'never')];
  await consents(hub, given);
  t.same(await ends(hub, given), []);
  for (const id of [given, never]) await hub.domain.lifecycle.delete(hub.admin, id);
  t.match(await ends(hub, given), [
    {
      actor: { id: hub.admin.caller.id },
      details: { name: 'given', cause: 'server_deleted' },
      resource: { serverId: given },
    },
  ]);
  t.same(await ends(hub, never), [], 'no person has consented there');
});

t.test('a consent ends when a part of the registration changes that its tokens belong to', async (t) => {
  const hub = await startDomain(t);
  const update = (id: string, input: object) => hub.domain.lifecycle.update(hub.admin, id, input);
  const changes: Readonly<Record<string, { readonly transport?: object; readonly auth?: AuthInput }>> = {
    url: { transport: { type: 'http', url: 'https://other.example/mcp' }, auth },
    'token-url': { auth: { ...auth, tokenUrl: 'https://login.example/token' } },
    client: { auth: { ...auth, clientId: 'other' } },
    secret: { auth: { ...auth, clientSecret: 'a second secret' } },
    grant: { auth: { ...auth, grantType: 'client_credentials' } },
    auth: { auth: { type: 'none' } },
  };
  for (const [name, input] of Object.entries(changes)) {
    const id = await registered(hub, name);
    await consents(hub, id);
    await update(id, { description: 'guarded' });
    await update(id, { transport: { type: 'http', url: `${url}` }, auth: { ...auth, scopes: ['read'] } });
    t.same(await ends(hub, id), [], `${name}: the tokens stay`);
    await update(id, input);
    const ended = [{ actor: { id: hub.admin.caller.id }, details: { name, cause: 'registration_changed' } }];
    t.match(await ends(hub, id), ended, name);
    await update(id, { auth });
    t.equal((await ends(hub, id)).length, 1, `${name}: it ends once`);
  }
});

t.test('a consent ends when the agent has lost its tokens and asks for another one', async (t) => {
  const hub = await startDomain(t);
  const id = await registered(hub, 'revoked');
  asks(hub, id, true);
  t.same(await ends(hub, id), [], 'the first consent');
  await consents(hub, id);
  asks(hub, id, false);
  t.same(await ends(hub, id), [], 'a tool needs more rights, and the tokens stay');
  asks(hub, id, true);
  asks(hub, id, true);
  t.match(await ends(hub, id), [{ actor: null, details: { name: 'revoked', cause: 'consent_asked_again' } }]);
  await consents(hub, id);
  await hub.restart();
  asks(hub, id, true);
  t.equal((await ends(hub, id)).length, 2, 'the hub knows of the consent after a restart');
});

t.test('no consent is noted if the registration changes while the agent gets the tokens', async (t) => {
  const hub = await startDomain(t);
  const [moved, renamed] = [await registered(hub, 'moved'), await registered(hub, 'renamed')];
  await consents(hub, moved, async () => {
    await hub.domain.servers.update(hub.admin, moved, { auth: { ...auth, clientId: 'other' } });
  });
  await consents(hub, renamed, async () => {
    await hub.domain.servers.update(hub.admin, renamed, { name: 'new-name' });
  });
  for (const id of [moved, renamed]) await hub.domain.lifecycle.delete(hub.admin, id);
  t.same(await ends(hub, moved), []);
  t.match(await ends(hub, renamed), [{ details: { name: 'new-name', cause: 'server_deleted' } }]);
});
