import t, { type Test } from 'tap';
import { until } from '../automation.js';
import { mcpPackage } from '../fixtures/packages/mcp-package.js';
import { startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { catalogVersion } from '../kit/catalog.js';
import { mcpClient } from '../mcp-client.js';
import { account, base, signIn, startPortal } from '../portal.js';
import { type Hub, startAgent } from '../roundhouse.js';
import { SseClient } from '../stream/sse-client.js';

const brave = '@brave/brave-search-mcp-server';
const TOOL = `tool-${catalogVersion(brave)}`;
const AT_MCP = /brave-search-ada/;

/** The paths that a user can read: paths without parameters, and paths with the names and ids of another user's things. */
async function readable(hub: Hub, names: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const api of ['connect', 'automation', 'infrastructure', 'portal', 'backend']) {
    const { body } = await hub.call('GET', `/${api}/openapi.json`);
    for (const [path, operations] of Object.entries<Record<string, unknown>>(body.paths)) {
      if (!operations.get || /stream|events$|openapi|logs\/server$/.test(path)) continue;
      const at = path.startsWith(`/${api}/`) ? path : `/${api}${path}`;
      if (at.includes('{')) paths.push(...names.map((name) => at.replaceAll(/\{[^}]+\}/g, encodeURIComponent(name))));
      else paths.push(at);
    }
  }
  return paths;
}

/** Finds the words in the answers that a user gets. An answer may repeat a word from its request. */
async function tellingOf(hub: Hub, key: string, paths: readonly string[], words: readonly string[]) {
  const telling: string[] = [];
  const asked = [...paths];
  const worker = async () => {
    for (let path = asked.pop(); path !== undefined; path = asked.pop()) {
      const { status, body } = await hub.call('GET', path, undefined, key);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const own = decodeURIComponent(path);
      const found = words.filter((word) => text.includes(word) && !(status >= 400 && own.includes(word)));
      telling.push(...found.map((word) => `${status} ${path}: ${word}`));
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return telling;
}

/** The events that a user receives, from the first event on. */
async function heard(t: Test, hub: Hub, key: string): Promise<string> {
  const stream = await SseClient.open(t, hub, { key, lastEventId: '0' });
  const { body } = await hub.call('POST', '/api/groups', { name: `end-${crypto.randomUUID()}` });
  const events = await stream.until((all) => all.some(({ data }) => data.includes(body.data.id)));
  stream.close();
  return JSON.stringify(events);
}

t.test('a user learns nothing of the servers of another user, neither while they exist nor later', async (t) => {
  const npm = await startNpmRegistry(t);
  npm.publish(mcpPackage(catalogVersion(brave), 'works', brave));
  const { hub, provider } = await startPortal(t);
  await startAgent(t, hub);
  const ada = await signIn(hub, provider, account('ada'));
  const adas = (method: string, path: string, body?: unknown) => hub.call(method, path, body, ada.token);
  const over = (id: string) => until(hub, `${base}/operations/${id}`, ({ status }) => status !== 'in_progress');
  const entry = await adas('POST', `${base}/catalog/custom`, { name: 'adas-own-tool', image: 'adas/tool:1' });
  const single = await adas('POST', `${base}/servers/brave-search/enable`, {
    config: { env: { BRAVE_API_KEY: 'x' } },
  });
  await over(single.body.operation_id);
  // The parameters of this job name the servers.
  const bulk = await adas('POST', `${base}/servers/bulk`, {
    operation: 'enable',
    server_ids: ['adas-own-tool', entry.body.id],
    config: { auto_start: false },
  });
  await over(bulk.body.operation_id);
  t.equal((await adas('POST', `/api/tools/${TOOL}/invoke`, { arguments: {} })).status, 200);

  const servers: { readonly id: string; readonly name: string }[] = (await hub.call('GET', '/api/servers')).body.data;
  t.equal(servers.length, 2);
  const own = await mcpClient(t, hub, { key: ada.token });
  t.match(JSON.stringify(await own.client.listTools()), AT_MCP, 'its owner has its tools at /mcp');
  const jobs = [single.body.operation_id.replace('op_', ''), bulk.body.operation_id.replace('bulk_op_', '')];
  const ids = [...servers.flatMap(({ id, name }) => [id, name]), ...jobs, ada.user.id];
  const words = [...ids, 'ada@example', 'brave-search-ada'];
  const readers = { viewer: await hub.key('viewer'), operator: await hub.key('operator') };
  const paths = await readable(hub, [...ids, single.body.operation_id, bulk.body.operation_id, TOOL]);
  // An image that she added is there for team admins too; her server is not.
  const hidden = { viewer: [...words, 'adas/tool', 'adas-own-tool', entry.body.id], operator: words };
  const check = async (when: string) => {
    for (const reader of ['viewer', 'operator'] as const) {
      const key = readers[reader];
      const seen = await tellingOf(hub, key, paths, hidden[reader]);
      t.same(seen, [], `${reader}, ${when}`);
      const events = await heard(t, hub, key);
      t.same(
        hidden[reader].filter((word) => events.includes(word)),
        [],
        `events for ${reader}, ${when}`,
      );
      const calls = await hub.call('GET', `/api/tools/${TOOL}/history`, undefined, key);
      const { client } = await mcpClient(t, hub, { key });
      t.notMatch(JSON.stringify(await client.listTools()), AT_MCP, `tools at /mcp, for ${reader}, ${when}`);
      t.equal(calls.status, 404, `calls of its tools, for ${reader}, ${when}`);
      const { body } = await hub.call('GET', '/api/tools/stats', undefined, key);
      t.equal(body.data.totalInvocations, 0, `the number of its calls, for ${reader}, ${when}`);
    }
    const metrics = await hub.call('GET', '/metrics');
    t.match(metrics.body, /tool_invocations_total\{tool="\(private\)",server="\(private\)",status="success"\} 1\n/);
  };
  await check('while they are there');
  t.equal((await hub.call('DELETE', `/api/cache?serverId=${servers[0]?.id}`, undefined, readers.operator)).status, 404);
  t.equal((await hub.call('GET', `/api/tools/${TOOL}/history`)).body.data.length, 1, 'admins see it');

  t.equal((await adas('DELETE', `${base}/catalog/custom/${entry.body.id}`)).status, 204);
  t.equal((await hub.call('DELETE', `/infrastructure/api/v1/users/${ada.user.id}`)).status, 200);
  await until(hub, '/api/servers', ({ data }) => data.length === 0);
  await check('when they are gone');
});
