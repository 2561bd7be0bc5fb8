import t from 'tap';
import { example, until } from '../automation.js';
import { asksPublicRegistries } from '../nightly.js';
import { startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';
import { callers, npx, update } from '../updates.js';

const base = '/automation/api/v1';
const check = `${base}/updates/check`;

t.setTimeout(1_800_000);
const options = { timeout: 900_000, ...asksPublicRegistries };

for (const [name, server, older, tool, args] of [
  ['npm', npx('real', '@modelcontextprotocol/server-everything@2025.11.25'), '2025.11.25', 'echo', { message: 'x' }],
  [
    'PyPI',
    { name: 'real', transport: { type: 'stdio', command: 'uvx', args: ['mcp-server-time==2026.8.18'] } },
    '2026.8.18',
    'get_current_time',
    { timezone: 'UTC' },
  ],
] as const)
  t.test(`a real server of ${name}: to the latest under load, and back`, options, async (t) => {
    const hub = await startHub(t);
    await startAgent(t, hub);
    await hub.connectServer(server);
    // A registry that is late is known next time.
    const answer = await until(hub, `${check}?server=real`, ({ data }) => data.servers[0].error === null);
    sameShape(t, answer.body, example('GET /api/v1/updates/check'));
    const [found] = answer.body.data.servers;
    t.match(found, { current_version: older, update_available: true, error: null });
    const running = async () => (await hub.call('GET', `${base}/servers/real`)).body.data.version;
    const call = () => hub.call('POST', `/api/tools/${tool}/invoke`, { arguments: args, serverId: 'real' });

    const stop = callers(call);
    const done = await update(t, hub, 'real', { version: 'latest', rollback_on_failure: true });
    t.match(done, { status: 'completed', from_version: older, to_version: found.latest_version, error: null });
    t.match(done.tools, { added: Array, removed: Array, changed: Array });
    t.equal(await running(), found.latest_version);
    const back = await update(t, hub, 'real', { target_version: 'auto' }, true);
    t.match(back, { status: 'completed', kind: 'rollback', to_version: older, running_version: older });
    t.equal(await running(), older);
    const { count, failures } = await stop();
    t.ok(count > 0);
    t.same(failures, [], `of ${count} calls none failed`);
  });
