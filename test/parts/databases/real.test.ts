import { spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import t, { type Test } from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { greetings } from '../../../agent/drivers/databases/greetings.js';
import { DatabaseProbes } from '../../../agent/drivers/databases/probes.js';
import { noPolicy } from '../../../agent/policy/policy.js';
import { listening, startMariadb, startPostgresql } from '../../fixtures/databases/databases.js';
import { freePort } from '../../free-port.mjs';
import { part } from '../../parts.js';
import { tempFolder } from '../../temp-folder.js';

const probes = new DatabaseProbes(() => noPolicy);
const probe = (type: string, port: number, host = '127.0.0.1', timeoutMs?: number) =>
  probes.probe({ type, host, port }, new CancelSource(), timeoutMs);

/** The other kinds are not taken for it. */
async function isNoOther(t: Test, port: number, own: readonly string[]): Promise<void> {
  const others = Object.keys(greetings).filter((type) => !own.includes(type));
  const found = await Promise.allSettled(others.map((type) => probe(type, port, '127.0.0.1', 500)));
  for (const [at, { status }] of found.entries()) t.equal(status, 'rejected', `it is no ${others[at]}`);
}

t.test('PostgreSQL', async (t) => {
  const database = await startPostgresql(t);
  if (!database) return;
  t.match(await probe('postgresql', database.port), { server: '', latencyMs: Number });
  await isNoOther(t, database.port, ['postgresql']);
});

t.test('Redis, with and without a password', async (t) => {
  if (!part(t, 'redis')) return;
  for (const more of [[], ['--requirepass', 'a-password']]) {
    const port = await freePort();
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', tempFolder(t), ...more];
    await listening(t, port, spawn('redis-check-rdb', args, { argv0: 'redis-server' }));
    t.match(await probe('redis', port), { server: '', latencyMs: Number });
    await isNoOther(t, port, ['redis']);
  }
});

t.test('MariaDB; looking often does not shut its site out', async (t) => {
  const database = await startMariadb(t, ['--max-connect-errors=2']);
  if (!database) return;
  const { port } = database;
  for (const type of ['mariadb', 'mysql']) t.match((await probe(type, port)).server, /^\d+\.\d+\.\d+-MariaDB/);
  // The server does not count connections from loopback.
  const outer = Object.values(networkInterfaces()).flat();
  const address = outer.find((one) => one && !one.internal && one.family === 'IPv4')?.address;
  for (let i = 0; address !== undefined && i < 6; i += 1)
    t.match((await probe('mysql', port, address)).server, /^\d+\.\d+\.\d+-MariaDB/, `time ${i + 1}`);
  await isNoOther(t, port, ['mariadb', 'mysql']);
});
