import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { createLogs } from '../../agent/drivers/logs/logs.js';
import { pythonPath } from '../../deploy/local/parts.mjs';
import { wait } from '../kit/wait.js';
import { part, rootOnLinux } from '../parts.js';
import {
  ADMIN_KEY,
  ADMIN_PASSWORD,
  type Hub,
  type HubProcess,
  runAgentProcess,
  startAgent,
  startHub,
  startHubProcess,
} from '../roundhouse.js';
import { ledger, note } from '../stream/ledger.js';
import { tempFolder } from '../temp-folder.js';
import { auditedIds } from './load.js';
import { chance, rounds, seed } from './seed.js';

t.comment(`seed ${seed}, ${rounds} rounds`);

/** A small disk of its own, which is gone with the test. */
function smallDisk(t: Test, megabytes: number): string {
  const folder = join(tempFolder(t), 'disk');
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  t.teardown(() => execFileSync('umount', ['-l', folder]));
  return folder;
}

/** Fills a disk to its last byte. @returns the way to make room again */
function fill(folder: string): () => void {
  const path = join(folder, 'filler');
  for (let megabytes = 64; megabytes >= 1 / 4096; megabytes /= 2) {
    for (;;) {
      try {
        writeFileSync(path, Buffer.alloc(megabytes * 2 ** 20), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
  return () => rmSync(path);
}

t.test("a full disk of the agent: a server's log stays readable, and says how much is missing", async (t) => {
  if (!rootOnLinux(t)) return;
  const dataDir = smallDisk(t, 8);
  const logs = createLogs({ dataDir, log: pino({ level: 'silent' }) });
  t.teardown(() => logs.close());
  const log = logs.open('s1');
  const append = async (...messages: string[]) => {
    log.appendLines('stderr', 'info', messages);
    await log.flushed();
  };
  await append('first');
  const makeRoom = fill(dataDir);
  const lost = Array.from({ length: 200 }, () => 'x'.repeat(1000));
  await append(...lost);
  makeRoom();
  await append('last');
  const parts: Uint8Array[] = [];
  for await (const part of log.read()) parts.push(part);
  const lines = Buffer.concat(parts).toString().trim().split('\n');
  const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
  t.same(messages, ['first', `${lost.length} entries were dropped: the disk was full, or too slow`, 'last']);
});

const signIn = (hub: Hub) =>
  hub.call('POST', '/automation/api/v1/auth/token', { username: 'admin', password: ADMIN_PASSWORD }, null);

t.test('a full disk: every call that ran is in the audit log, and the hub says what it cannot do', async (t) => {
  if (!rootOnLinux(t)) return;
  const data = smallDisk(t, 64);
  const book = ledger(tempFolder(t));
  const hub = await startHub(t, { data });
  await startAgent(t, hub, 'local', ['--data', tempFolder(t)]);
  await hub.connectServer(book.server);
  const group = (await hub.call('POST', '/connect/api/groups', { name: 'before' })).body.data.id;
  const makeRoom = fill(data);
  // It takes many calls, and each waits for the disk.
  const refused = await wait(
    'calls are refused',
    async () => {
      const answer = await note(hub, `full-${Math.random()}`);
      return answer.status === 503 && answer;
    },
    600_000,
  );
  t.match(refused.body, { code: 'SERVICE_UNAVAILABLE', details: { outcome: 'not_run' } });
  const ran = book.calls();
  t.notOk(ran.includes(refused.id));
  const health = await hub.call('GET', '/health', undefined, null);
  t.match([health.status, health.body.status], [503, 'unhealthy']);
  t.match((await hub.call('GET', '/metrics')).body, /^roundhouse_store_writable 0$/m);
  t.equal((await hub.call('GET', '/connect/api/groups')).status, 200, 'reading goes on');
  t.equal((await signIn(hub)).status, 200, 'so does signing in');
  t.equal((await hub.call('DELETE', `/connect/api/groups/${group}`)).status, 200, 'and deleting');
  makeRoom();
  await wait('calls go through again', async () => (await note(hub, 'again')).status === 200);
  await wait('what was kept is written', async () =>
    /^roundhouse_store_changes_waiting 0$/m.test(String((await hub.call('GET', '/metrics')).body)),
  );
  const audited = await auditedIds(hub);
  t.same(
    book.calls().filter((id) => !audited.has(id)),
    [],
  );
  t.equal((await hub.call('GET', '/health', undefined, null)).status, 200);
});

/** Opens a connection to the hub; the test ignores how it ends. */
function open(t: Test, address: string): Socket {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  t.teardown(() => socket.destroy());
  return socket;
}

t.test('a hub with 256 descriptors starts, gets ready and answers', async (t) => {
  if (!rootOnLinux(t)) return;
  const hub = await startHubProcess(t, { through: ['prlimit', '--nofile=256:256'] });
  t.match(readFileSync(`/proc/${hub.pid}/limits`, 'utf8'), /^Max open files +256 +256 /m);
  t.equal((await hub.call('GET', '/health', undefined, null)).status, 200);
  t.equal((await hub.call('POST', '/connect/api/groups', { name: 'group' })).status, 201);

  await t.test('with more connections than descriptors it answers again as soon as they are gone', (t) =>
    exhausted(t, hub),
  );
});

/** Opens more connections than the hub has descriptors. */
async function exhausted(t: Test, hub: HubProcess): Promise<void> {
  const sockets = Array.from({ length: 600 }, () => open(t, hub.url));
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
  for (const socket of sockets) socket.destroy();
  await wait('a change goes through', async () => {
    const made = await hub
      .call('POST', '/connect/api/groups', { name: `after-${Math.random()}` })
      .catch(() => undefined);
    return made?.status === 201;
  });
}

t.test('an agent that has no descriptors for another server says so, and keeps the servers that it has', async (t) => {
  if (!rootOnLinux(t)) return;
  const [hub, folder] = [await startHub(t), tempFolder(t)];
  const args = ['--hub', hub.agentAddress, '--token', await hub.token('local'), '--data', join(folder, 'agent')];
  runAgentProcess(t, args, {}, ['prlimit', '--nofile=48:48']);
  await hub.logged(({ body }) => body === 'agent connected');
  const connect = async (name: string) => {
    await hub.call('POST', '/api/servers', ledger(folder, name).server);
    return hub.call('POST', `/api/servers/${name}/connect`);
  };
  let answer = await connect('server-0');
  for (let n = 1; answer.status === 200 && n < 48; n++) answer = await connect(`server-${n}`);
  t.match(answer, {
    status: 503,
    body: { code: 'SERVER_DISCONNECTED', error: /the agent has no file descriptors left/ },
  });
  t.equal((await note(hub, 'still', 0, 'server-0')).status, 200);
});

/** Opens 50 event streams with the smallest buffers that a socket can have, and reads on only when its standard input ends. */
const deafReaders = `
import socket, sys

host, port, key = sys.argv[1:]
readers = []
for _ in range(50):
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    reader.connect((host, int(port)))
    reader.sendall(f"GET /connect/api/sse/events HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nAuthorization: Bearer {key}\\r\\n\\r\\n".encode())
    assert reader.recv(12) == b"HTTP/1.1 200"
    readers.append(reader)
print("open", flush=True)
sys.stdin.read()
for reader in readers:
    try:
        while reader.recv(65536):
            pass
    except ConnectionError:
        pass
print("all have ended", flush=True)
`;

t.test('readers that take nothing are cut, and hold up neither the others nor the hub', async (t) => {
  if (!part(t, 'python')) return;
  const hub = await startHub(t);
  const events = (read: (text: string) => void) =>
    new Promise<void>((resolve, reject) => {
      const headers = { authorization: `Bearer ${ADMIN_KEY}` };
      const request = get(`${hub.url}/connect/api/sse/events`, { headers, agent: false }, (response) => {
        response.setEncoding('utf8').on('data', read);
        resolve();
      });
      request.on('error', reject);
      t.teardown(() => {
        request.off('error', reject).on('error', () => {});
        request.destroy();
      });
    });
  let text = '';
  await events((chunk) => {
    text += chunk;
  });
  const { hostname, port } = new URL(hub.url);
  const readers = spawn(pythonPath, ['-c', deafReaders, hostname, port, ADMIN_KEY], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => readers.kill());
  const lines = createInterface({ input: readers.stdout })[Symbol.asyncIterator]();
  t.equal((await lines.next()).value, 'open');
  // On a busy machine a reader has taken nothing for the whole limit before much waits for it.
  const isCut = ({ body, reason }: Readonly<Record<string, unknown>>) =>
    body === 'event stream closed' && ['slow_reader', 'stalled'].includes(String(reason));
  const cut = () => hub.log.filter(isCut).length;
  let name = '';
  // Each event is larger than its name. So 1 MiB waits for each reader long before all of these are made.
  for (let n = 0; cut() < 50 && n < 20_000; n += 10) {
    const named = Array.from({ length: 10 }, (_, i) => `group-${n + i}-`.padEnd(64, 'x'));
    name = named.at(-1) ?? '';
    const changed = await Promise.all(named.map((one) => hub.call('POST', '/connect/api/groups', { name: one })));
    if (!t.ok(changed.every(({ status }) => status === 201))) break;
  }
  if (!t.equal(cut(), 50)) return;
  await wait('the reader has all events', () => text.includes(name));
  readers.stdin.end();
  t.equal((await lines.next()).value, 'all have ended');
});

const pieces = [
  'GET / HTTP/1.1\r\n',
  'POST /connect/api/groups HTTP/1.1\r\n',
  'Host: x\r\n',
  `Authorization: Bearer ${ADMIN_KEY}\r\n`,
  'Content-Length: 5\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n',
  '\r\n',
  '\r\n\r\n',
  'ffffffffffffffff\r\n',
  '0\r\n\r\n',
  '{"name":"\\ud800"}',
  '\0',
  ' : ',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
];

t.test('hostile bytes at both ports: the hub goes on, and others are served', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const random = chance(seed + 3);
  for (let n = 0; n < rounds * 20; n++) {
    const socket = open(t, n % 4 === 0 ? `http://${hub.agentAddress}` : hub.url);
    const words = Array.from({ length: 1 + Math.floor(random() * 12) }, () =>
      random() < 0.8
        ? Buffer.from(pieces[Math.floor(random() * pieces.length)] ?? '', 'latin1')
        : Buffer.from(Array.from({ length: Math.floor(random() * 300) }, () => Math.floor(random() * 256))),
    );
    await once(socket, 'connect');
    socket.write(Buffer.concat(words));
    if (random() < 0.7) socket.end();
    if (n % 50 === 0) t.equal((await hub.call('GET', '/connect/api/groups')).status, 200);
  }
  t.equal((await hub.call('GET', '/health', undefined, null)).status, 200);
  t.same(
    hub.log.filter(({ severity_text }) => severity_text === 'ERROR'),
    [],
    `nothing is logged as an error (seed ${seed})`,
  );
});
