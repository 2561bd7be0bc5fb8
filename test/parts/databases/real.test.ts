import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { greetings } from '../../../agent/drivers/databases/greetings.js';
import { DatabaseProbes } from '../../../agent/drivers/databases/probes.js';
import { noPolicy } from '../../../agent/policy/policy.js';
import { postgresqlFolder } from '../../../deploy/local/parts.mjs';
import { freePort } from '../../free-port.mjs';
import { part } from '../../parts.js';
import { tempFolder } from '../../temp-folder.js';

const probes = new DatabaseProbes(() => noPolicy);
const probe = (type: string, port: number, host = '127.0.0.1', timeoutMs?: number) =>
  probes.probe({ type, host, port }, new CancelSource(), timeoutMs);

/** Resolves once something listens there. */
async function listening(t: Test, port: number, child: ChildProcess): Promise<void> {
  const errors: string[] = [];
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)));
  child.stdout?.resume();
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended: ${errors.join('')}`);
    const socket = connect(port, '127.0.0.1');
    const isThere = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The other kinds are not taken for it. */
async function isNoOther(t: Test, port: number, own: readonly string[]): Promise<void> {
  const others = Object.keys(greetings).filter((type) => !own.includes(type));
  const found = await Promise.allSettled(others.map((type) => probe(type, port, '127.0.0.1', 500)));
  for (const [at, { status }] of found.entries()) t.equal(status, 'rejected', `it is no ${others[at]}`);
}

t.test('PostgreSQL', async (t) => {
  const bin = postgresqlFolder();
  if (!part(t, 'postgresql') || bin === undefined) return;
  const folder = tempFolder(t);
  // PostgreSQL does not run as root.
  const [, , uid, gid] = /^postgres:[^:]*:\d+:\d+/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? [];
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? { uid: Number(uid), gid: Number(gid) } : {};
  if (isRoot) chownSync(folder, Number(uid), Number(gid));
  const data = join(folder, 'data');
  execFileSync(join(bin, 'initdb'), ['-D', data, '--no-sync', '-A', 'trust'], { ...as, cwd: folder, stdio: 'ignore' });
  const port = await freePort();
  // No Unix socket: its path must be shorter than a clone's may be.
  const args = ['-D', data, '-p', String(port), '-k', '', '-h', '127.0.0.1'];
  await listening(t, port, spawn(join(bin, 'postgres'), args, { ...as, cwd: folder }));
  t.match(await probe('postgresql', port), { server: '', latencyMs: Number });
  await isNoOther(t, port, ['postgresql']);
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
  if (!part(t, 'mariadb')) return;
  const folder = tempFolder(t);
  const tables = join(folder, 'mysql');
  mkdirSync(tables);
  const port = await freePort();
  const sql = ['mysql_system_tables.sql', 'mysql_performance_tables.sql']
    .map((name) => readFileSync(join('/usr/share/mysql', name), 'utf8'))
    .join('\n');
  const shared = ['--no-defaults', `--datadir=${folder}`, '--user=root', '--innodb-log-file-size=4M'];
  const anybody = "flush privileges;\ncreate user 'somebody'@'%' identified by 'a-password';\n";
  execFileSync('/usr/sbin/mariadbd', [...shared, '--bootstrap'], {
    input: `use mysql;\n${sql}\n${anybody}`,
    stdio: [null, 'ignore', 'ignore'],
  });
  const own = [`--port=${port}`, '--socket=', '--bind-address=0.0.0.0', '--max-connect-errors=2'];
  await listening(t, port, spawn('/usr/sbin/mariadbd', [...shared, ...own]));
  for (const type of ['mariadb', 'mysql']) t.match((await probe(type, port)).server, /^\d+\.\d+\.\d+-MariaDB/);
  // The server does not count connections from loopback.
  const outer = Object.values(networkInterfaces()).flat();
  const address = outer.find((one) => one && !one.internal && one.family === 'IPv4')?.address;
  for (let i = 0; address !== undefined && i < 6; i += 1)
    t.match((await probe('mysql', port, address)).server, /^\d+\.\d+\.\d+-MariaDB/, `time ${i + 1}`);
  await isNoOther(t, port, ['mariadb', 'mysql']);
});
