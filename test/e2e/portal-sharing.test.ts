import t from 'tap';
import { until } from '../automation.js';
import { account, base, signIn, startPortal } from '../portal.js';
import { type Answer, type Hub, startAgent } from '../roundhouse.js';

/** The calls of a user, and functions that wait for their effects. */
async function person(hub: Hub, provider: Parameters<typeof signIn>[1], name: string, ...roles: readonly string[]) {
  const { token } = await signIn(hub, provider, account(name, ...roles));
  const call = (method: string, path: string, body?: unknown) => hub.call(method, base + path, body, token);
  const seen = { call: (method: string, path: string) => call(method, path) } as Hub;
  return {
    call,
    over: async ({ body }: Answer): Promise<Answer['body']> =>
      (await until(seen, `/operations/${body.operation_id}`, ({ status }) => status !== 'in_progress')).body,
  };
}

t.test('several sites, but no local one: a server goes to a site with room', async (t) => {
  const { hub, provider } = await startPortal(t);
  for (const site of ['berlin', 'paris']) await startAgent(t, hub, site);
  const ada = await person(hub, provider, 'ada');
  for (const name of ['sequential-thinking', 'time'])
    t.match(await ada.over(await ada.call('POST', `/servers/${name}/enable`, { config: { auto_start: false } })), {
      status: 'completed',
    });
  const { body } = await hub.call('GET', '/api/servers');
  t.same(body.data.map(({ site }: { readonly site: string }) => site).sort(), ['berlin', 'paris']);
});

t.test('an image that is shared no longer: other users lose their servers, team admins keep them', async (t) => {
  const { hub, provider } = await startPortal(t);
  await startAgent(t, hub);
  const [ada, bob] = [await person(hub, provider, 'ada'), await person(hub, provider, 'bob')];
  const boss = await person(hub, provider, 'boss', 'team_admin');
  const added = await ada.call('POST', '/catalog/custom', { name: 'tool', image: 'team/tool:1' });
  t.equal(added.status, 201);
  t.equal(
    (await ada.call('PUT', '/catalog/custom/tool', { image: 'team/tool:2' })).status,
    200,
    'no other user has it yet',
  );
  t.equal(
    (await boss.call('PUT', '/catalog/custom/tool', { shared: true })).status,
    404,
    'a name means no private entry',
  );
  t.equal((await boss.call('PUT', `/catalog/custom/${added.body.id}`, { shared: true })).status, 200);
  const config = { auto_start: false, env: { TOKEN_OF_BOB: 'a secret' } };
  for (const one of [ada, bob, boss])
    t.match(await one.over(await one.call('POST', '/servers/tool/enable', { config })), { status: 'completed' });
  t.equal((await boss.call('PUT', '/catalog/custom/tool', { shared: false })).status, 200);
  t.equal((await bob.call('GET', '/servers/tool')).status, 404);
  const { body } = await hub.call('GET', '/api/servers');
  t.same(body.data.map(({ name }: { readonly name: string }) => name).sort(), ['tool-ada', 'tool-boss']);
  const changed = await ada.call('PUT', '/catalog/custom/tool', { image: 'evil/tool:1' });
  t.match(changed, { status: 403, body: { error: { message: /used by others/ } } }, 'a team admin runs it still');
  t.equal((await ada.call('PUT', '/catalog/custom/tool', { description: 'x' })).status, 200);
});

t.test('an admin deletes a server: it is disabled, and its user can enable it again', async (t) => {
  const { hub, provider } = await startPortal(t);
  await startAgent(t, hub);
  const ada = await person(hub, provider, 'ada');
  const enable = () => ada.call('POST', '/servers/time/enable', { config: { auto_start: false } });
  t.match(await ada.over(await enable()), { status: 'completed' });
  const { body } = await hub.call('GET', '/api/servers');
  t.equal((await hub.call('DELETE', `/api/servers/${body.data[0].id}`)).status, 200);
  t.match((await ada.call('GET', '/config')).body.servers, [{ enabled: false, config: { auto_start: false } }]);
  t.match((await ada.call('GET', '/config/export')).body.servers, [{ name: 'time', enabled: false }]);
  t.match((await hub.call('GET', `${base}/admin/metrics`)).body.servers, { enabled: 0 });
  t.match((await hub.call('GET', `${base}/admin/users?search=ada`)).body.users, [{ server_count: 0 }]);
  t.match(await ada.over(await enable()), { status: 'completed' });
  t.match((await ada.call('GET', '/servers/time')).body.user_config, { enabled: true });
});
