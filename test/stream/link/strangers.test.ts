import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import t, { type Test } from 'tap';
import { type Identity, loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { dialHub, openControl } from '../../../agent/link/session/channel.js';
import { wait } from '../../kit/wait.js';
import { scene } from './hostile-agent.js';
import { type Hub, startAgent, startHub } from './rig.js';

t.test('strangers are served in turn, and none for long: agents still come in', async (t) => {
  const settings = { strangers: 4, strangerQueue: 8, strangerMs: 60_000 };
  const { hub, unharmed } = await scene(t, settings);
  const [host = '', port = ''] = hub.address.split(':');
  const sockets = Array.from({ length: 40 }, () => connectTcp({ host, port: Number(port) }));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  let closed = 0;
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.on('close', () => closed++);
  }
  await wait('the hub has closed the surplus connections', () => closed >= 28);
  t.ok(hub.fleet.stats().turnedAway >= 28, 'what is too much is cut at once');
  t.ok(await startAgent(t, hub), 'stalled connections make room');
  t.ok(hub.fleet.stats().turnedAway >= 32);
  await unharmed();
});

/** Keeps this many silent connections open, and opens each again when it is cut. */
function idle(t: Test, hub: Hub, count: number, localAddress: string): void {
  const [host = '', port = ''] = hub.address.split(':');
  const sockets = new Set<Socket>();
  let over = false;
  const open = () => {
    const socket = connectTcp({ host, port: Number(port), localAddress });
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      if (!over) setImmediate(open);
    });
  };
  t.teardown(() => {
    over = true;
    for (const socket of sockets) socket.destroy();
  });
  for (let n = 0; n < count; n++) open();
}

for (const [whose, localAddress] of Object.entries({
  'another address': '127.0.0.9',
  'its own address': '127.0.0.1',
})) {
  t.test(`idle connections from ${whose} keep no agent out, however many wait`, async (t) => {
    const hub = await startHub(t, { settings: { strangers: 4, strangerQueue: 500, strangerMs: 60_000 } });
    idle(t, hub, 400, localAddress);
    await wait('the hub has cut strangers that stall', () => hub.fleet.stats().turnedAway >= 4);
    t.ok(await startAgent(t, hub));
  });
}

t.test('a client that connects again and again does not fill the log', async (t) => {
  const hub = await startHub(t);
  const [host = '', port = ''] = hub.address.split(':');
  const session = connectTls({ host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  session.on('error', () => {});
  t.teardown(() => session.destroy());
  const { ca } = (await loadIdentity((await startAgent(t, hub)).dataDir)) as Identity;
  // Each time on a new connection: the hub closes a connection of a stranger that goes on calling.
  const knock = () =>
    new Promise<number>((resolve) => {
      const client = dialHub(hub.address, { ca });
      const stream = openControl(client);
      stream.on('error', () => {});
      stream.resume();
      stream.once('status', ({ code }) => {
        client.close();
        resolve(code);
      });
    });
  const start = performance.now();
  for (let n = 0; n < 20; n++) await Promise.all(Array.from({ length: 10 }, knock));
  const seconds = (performance.now() - start) / 1000;
  t.equal(hub.fleet.stats().refusedPeers, 200);
  // Fifty at once, and ten in each second that this took.
  t.ok(hub.lines.filter((line) => line.includes('peer refused')).length < 100 + 10 * seconds);
});
