import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { UsageMeter } from '../../../agent/drivers/usage/usage.js';
import type { Agents } from '../../../hub/domain/agents/agents.js';
import type { Fleet } from '../../../hub/domain/agents/fleet.js';
import { Alerts, AlertWatch } from '../../../hub/domain/alerts/alerts.js';
import { Measurements } from '../../../hub/domain/alerts/measurements.js';
import { AlertRules } from '../../../hub/domain/alerts/rule.js';
import { UsageWatch } from '../../../hub/domain/alerts/usage.js';
import { Breakers } from '../../../hub/domain/breakers/breakers.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import { type ServerRecord, serverRecords } from '../../../hub/domain/servers/record.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { put } from '../../../hub/domain/store.js';
import { wait } from '../../kit/wait.js';
import { tempFolder } from '../../temp-folder.js';
import { openTestStore } from '../store/stores.js';

t.test(
  'a server that fills its folder: an alert from the agent’s own measuring, gone with what it wrote',
  async (t) => {
    const { store } = await openTestStore(t);
    const registry = new ServerRegistry(store);
    const server = {
      id: 's1',
      name: 'hoarder',
      agentId: 'a1',
      site: 'local',
      groupId: null,
      enabled: true,
      wanted: false,
    };
    await store.apply({ writes: [put(serverRecords, server as unknown as ServerRecord, 'any')] });

    const dataDir = tempFolder(t);
    const file = join(dataDir, 'servers', 's1', 'filled');
    mkdirSync(join(file, '..'), { recursive: true });
    const { bsize, blocks } = await statfs(dataDir);
    writeFileSync(file, '');
    // A hole: it takes no room.
    truncateSync(file, bsize * blocks);

    // Folders are measured every five minutes: another meter stands for the time.
    let meter = new UsageMeter({ dataDir, servers: () => ['s1'] });
    const fleet = {
      agents: () => [{ id: 'a1', operations: ['measureUsage'] }],
      execute: async () => ({ case: 'json', value: Buffer.from(JSON.stringify(await meter.measure())) }),
    } as unknown as Fleet;
    const none = { totalBytes: 0, usedBytes: 0 };
    const usage = new UsageWatch(() => fleet, { measure: async () => ({ memory: none, disk: none }) });
    const rules = new AlertRules(store);
    const alerts = new Alerts(store, registry);
    const measurements = new Measurements({
      registry,
      observed: new ObservedServers(),
      breakers: new Breakers(store, registry),
      agents: { list: () => [] } as unknown as Agents,
      fleet: () => fleet,
      keys: { list: () => [] } as never,
      usage,
      updates: { failed: () => undefined, keep() {} },
      certificates: () => [],
    });
    const watch = new AlertWatch({ store, rules, alerts, measurements });
    const look = async () => {
      await usage.look();
      await watch.look();
      return [...alerts.active.values()];
    };

    t.same(await look(), [], 'not measured yet');
    let found: Awaited<ReturnType<typeof look>> = [];
    await wait('the alert is raised', async () => {
      found = await look();
      return found.length > 0;
    });
    t.match(found, [{ rule: 'server_disk', subject: 'hoarder', serverId: 's1', site: 'local' }]);
    t.match(found[0]?.description, /folder of server 'hoarder' takes \d+\.\d % of its site's file system/);

    rmSync(file);
    meter = new UsageMeter({ dataDir, servers: () => ['s1'] });
    t.equal((await look()).length, 1, 'what is not known does not resolve it');
    await wait('the alert is resolved', async () => (await look()).length === 0);
    t.pass('resolved by itself');
  },
);
