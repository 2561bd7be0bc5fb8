import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createLogs } from '../../../agent/drivers/logs/logs.js';
import { PrivateInstances } from '../../../agent/drivers/mcp/instances/private-instances.js';
import { createServers } from '../../../agent/drivers/mcp/servers.js';
import { connected, fixture, never, silentLog, tempFolder } from '../agent/harness.js';

const client = { capabilities: '{"sampling":{}}', info: '{"name":"x","version":"1"}' };
const nobody = 65_534;

/** Runs an agent's work as a user whom the modes of folders stop: they do not stop root. */
async function unprivileged(dataDir: string, work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  for (const name of ['', ...readdirSync(dataDir, { recursive: true })])
    chownSync(join(dataDir, String(name)), nobody, nobody);
  process.seteuid?.(nobody);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** A folder in which nothing may be made or deleted, with a file in it. */
function readOnly(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'file'), '');
  chmodSync(folder, 0o555);
}

/** An agent with a server, of which one client may have an instance of its own. */
async function oneInstance(t: Test) {
  const { servers, logs, dataDir } = await connected(t, 'talks');
  const privates = new PrivateInstances({ servers, reports: servers, logs, log: silentLog, limits: { ofServer: 1 } });
  t.teardown(() => privates.closeAll());
  const instances = join(dataDir, 'tmp', 'instances');
  mkdirSync(instances, { recursive: true });
  /** Opens one; gives its folder. */
  const open = async (id: string) => {
    await privates.open('s1', id, client);
    return join(instances, readdirSync(instances)[0] ?? '');
  };
  return { privates, dataDir, instances, open };
}

t.test('folders that a server has left unwritable go with its instance', async (t) => {
  const { privates, dataDir, instances, open } = await oneInstance(t);
  await unprivileged(dataDir, async () => {
    const folder = await open('a');
    mkdirSync(join(folder, 'deep'));
    readOnly(join(folder, 'deep', 'own'));
    await privates.close('a');
    t.same(readdirSync(instances), []);
    await open('b');
    await privates.close('b');
  });
});

t.test('an instance whose folder cannot be deleted leaves no more than that, and its place is free', async (t) => {
  const { privates, dataDir, instances, open } = await oneInstance(t);
  await unprivileged(dataDir, async () => {
    const folder = await open('a');
    writeFileSync(join(folder, 'file'), '');
    chmodSync(instances, 0o555);
    // The hub drops all instances: no caller waits for their end.
    privates.keep([]);
    await privates.close('a');
    t.equal(privates.size, 0);
    t.same(readdirSync(instances, { recursive: true }).length, 1, 'what can be deleted is');
    chmodSync(instances, 0o755);
    await open('b');
    privates.find('b').end('no client used it');
    await privates.close('b');
  });
});

t.test('an agent starts its servers even if an earlier one could not delete its files', async (t) => {
  const dataDir = tempFolder(t);
  const logs = createLogs({ dataDir, log: silentLog });
  const tmp = join(dataDir, 'tmp');
  mkdirSync(join(tmp, 'instances', 'left'), { recursive: true });
  await unprivileged(dataDir, async () => {
    readOnly(join(tmp, 'instances', 'left', 'own'));
    chmodSync(tmp, 0o555);
    const servers = createServers({ dataDir, logs, log: silentLog, version: '0.0.0' });
    try {
      servers.put(fixture('talks'));
      await servers.connect('s1', never);
      t.notOk(existsSync(join(tmp, 'instances', 'left')), 'what can be deleted is');
    } finally {
      await servers.close();
      chmodSync(tmp, 0o755);
    }
  });
  await logs.close();
});
