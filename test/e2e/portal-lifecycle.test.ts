import t, { type Test } from 'tap';
import { until } from '../automation.js';
import { peopleProvider } from '../fixtures/oidc/people-provider.js';
import { type Behaviour, mcpPackage } from '../fixtures/packages/mcp-package.js';
import { startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { catalogVersion } from '../kit/catalog.js';
import { account, base, portalSettings, signIn, startPortal } from '../portal.js';
import { type Answer, type Hub, runAgent, startAgent, startHub, startHubProcess } from '../roundhouse.js';
import { fixedAddresses } from '../stream/ledger.js';
import { WsClient } from '../stream/ws-client.js';
import { tempFolder } from '../temp-folder.js';

const brave = '@brave/brave-search-mcp-server';
const thinking = '@modelcontextprotocol/server-sequential-thinking';

/** The packages of two entries; `sequential-thinking` works. */
async function packages(t: Test, ofBrave: Behaviour = 'works') {
  const npm = await startNpmRegistry(t);
  npm.publish(mcpPackage(catalogVersion(thinking), 'works', thinking));
  npm.publish(mcpPackage(catalogVersion(brave), ofBrave, brave));
}

/** The calls of a user, and functions that wait for their effects. */
function person(hub: () => Hub, token: string) {
  const call = (method: string, path: string, body?: unknown) => hub().call(method, base + path, body, token);
  const seen = { call: (method: string, path: string) => call(method, path) } as Hub;
  return {
    call,
    until: (path: string, wanted: (body: Answer['body']) => boolean) => until(seen, path, wanted),
    over: async ({ body }: Answer): Promise<Answer['body']> =>
      (await until(seen, `/operations/${body.operation_id}`, ({ status }) => status !== 'in_progress')).body,
  };
}

t.test('to disable does not wait for a start that hangs', async (t) => {
  await packages(t, 'silent');
  const { hub, provider } = await startPortal(t);
  await startAgent(t, hub);
  const { token } = await signIn(hub, provider, account('ada'));
  const ada = person(() => hub, token);
  const hanging = await ada.call('POST', '/servers/brave-search/enable', { config: { env: { BRAVE_API_KEY: 'x' } } });
  await ada.until('/servers/brave-search', ({ user_config }) => user_config.last_state_change !== null);
  t.match((await ada.call('GET', `/operations/${hanging.body.operation_id}`)).body, { status: 'in_progress' });
  const disabled = await ada.call('POST', '/servers/brave-search/disable');
  t.match(await ada.over(disabled), { status: 'completed' });
  t.match(await ada.over(hanging), { status: 'failed', details: [{ message: /cancelled/ }] }, 'it was called off');
  t.match((await ada.call('GET', '/servers/brave-search')).body, {
    user_config: { enabled: false, container_state: 'stopped' },
  });
});

t.test('work goes on where the hub is killed in the middle of it', async (t) => {
  await packages(t);
  const provider = await peopleProvider(t);
  const [data, env] = [tempFolder(t), { ...(await fixedAddresses()), ...portalSettings(provider) }];
  const first = await startHubProcess(t, { data, env });
  let hub: Hub = first;
  const agent = await startAgent(t, hub);
  const { token } = await signIn(hub, provider, account('ada'));
  const ada = person(() => hub, token);
  const socket = await WsClient.open(t, hub, { path: '/ws', headers: { Authorization: `Bearer ${token}` } });
  const single = await ada.call('POST', '/servers/brave-search/enable', { config: { env: { BRAVE_API_KEY: 'x' } } });
  const bulk = await ada.call('POST', '/servers/bulk', {
    operation: 'enable',
    server_ids: ['sequential-thinking', 'nothing'],
  });
  await socket.next(({ type, data }) => type === 'BULK_OPERATION_PROGRESS' && data.status === 'in_progress');
  // The second request waits for its turn behind the first.
  const queued = await ada.call('POST', '/servers/brave-search/restart');
  t.equal(queued.status, 202);
  await first.stop('SIGKILL');
  hub = await startHub(t, { data, env });
  t.match(await ada.over(bulk), {
    status: 'completed',
    details: [{ status: 'completed' }, { status: 'failed', message: /not found/ }],
  });
  for (const begun of [single, queued]) t.match(await ada.over(begun), { status: 'completed' });
  for (const name of ['sequential-thinking', 'brave-search'])
    t.match((await ada.call('GET', `/servers/${name}`)).body.user_config, {
      enabled: true,
      container_state: 'running',
    });
  await away(t, () => hub, agent, ada);
});

/** The requests of a user while the agent is away, and their effects. */
async function away(
  t: Test,
  hub: () => Hub,
  agent: Awaited<ReturnType<typeof startAgent>>,
  ada: ReturnType<typeof person>,
) {
  await agent.stop();
  await ada.until('/servers/sequential-thinking', ({ user_config }) => user_config.container_state === 'unreachable');
  const restart = await ada.call('POST', '/servers/sequential-thinking/restart');
  t.match(restart, { status: 503, body: { error: { code: 'SERVICE_UNAVAILABLE', details: { site: 'local' } } } });
  const disabled = await ada.over(await ada.call('POST', '/servers/sequential-thinking/disable'));
  t.match(disabled, { status: 'completed', details: [{ message: /ends when its agent is back/ }] });
  const off = await ada.call('GET', '/servers/sequential-thinking');
  t.match(off.body.user_config, { enabled: false, container_state: 'unreachable' }, 'it may run there still');
  const enabled = await ada.over(await ada.call('POST', '/servers/sequential-thinking/enable'));
  t.match(enabled, { status: 'failed', details: [{ message: /starts when it is back/ }] });
  runAgent(t, ['--hub', hub().agentAddress, '--data', agent.data]);
  await ada.until('/servers/sequential-thinking', ({ user_config }) => user_config.container_state === 'running');
}

t.test('after a start of the hub, a server at a lost agent is out of reach', async (t) => {
  await packages(t);
  const provider = await peopleProvider(t);
  const [data, env] = [tempFolder(t), portalSettings(provider)];
  let hub = await startHub(t, { data, env });
  const agent = await startAgent(t, hub);
  const { token } = await signIn(hub, provider, account('ada'));
  const ada = person(() => hub, token);
  await ada.over(await ada.call('POST', '/servers/sequential-thinking/enable'));
  await agent.stop();
  await hub.stop();
  hub = await startHub(t, { data, env });
  const { body } = await ada.call('GET', '/servers/sequential-thinking');
  t.match(body.user_config, { enabled: true, container_state: 'unreachable' });
});
