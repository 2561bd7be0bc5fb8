import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { DatabaseProbes } from '../../../agent/drivers/databases/probes.js';
import { AgentFailure } from '../../../agent/failure.js';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { noPolicy, Policy } from '../../../agent/policy/policy.js';

async function listen(t: Test, greet: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on('error', () => {})
      .on('close', () => sockets.delete(socket))
      .resume();
    greet(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } };
}

const probes = new DatabaseProbes(() => noPolicy);
const never = () => new CancelSource();

t.test('a server that answers as its kind is found, with any cuts of its bytes', async (t) => {
  const { address } = await listen(t, (socket) => {
    socket.once('data', () => {
      socket.write('+PO');
      setImmediate(() => socket.write('NG\r\n'));
    });
  });
  const found = await probes.probe({ type: 'redis', ...address }, never());
  t.equal(found.server, '');
  t.ok(found.latencyMs > 0);
});

t.test('a silent server, a server that hangs up, a server of another kind', async (t) => {
  const { address } = await listen(t, () => {});
  await t.rejects(probes.probe({ type: 'mysql', ...address }, never(), 50), {
    name: 'AgentFailure',
    kind: 'upstream',
    details: { reason: 'timeout' },
  });
  const closing = await listen(t, (socket) => socket.end());
  await t.rejects(probes.probe({ type: 'mysql', ...closing.address }, never()), {
    name: 'AgentFailure',
    details: { reason: 'closed' },
  });
  const other = await listen(t, (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
  await t.rejects(probes.probe({ type: 'mysql', ...other.address }, never()), {
    name: 'AgentFailure',
    details: { reason: 'not_this_kind' },
  });
});

t.test('a cancelled check closes its connection', async (t) => {
  const { server, address } = await listen(t, () => {});
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const signal = never();
  const asked = probes.probe({ type: 'mongodb', ...address }, signal);
  const [socket] = await accepted;
  const gone = once(socket, 'close');
  signal.abort(new AgentFailure('cancelled', 'enough'));
  await t.rejects(asked, { name: 'AgentFailure', kind: 'cancelled', message: 'enough' });
  await gone;
  t.pass('closed');
});

t.test('the site’s policy says which addresses are dialled', async (t) => {
  const { address } = await listen(t, (socket) => socket.write('S'));
  const port = address.port;
  const policed = (allow: string) => {
    const policy = new Policy(parsePolicy(`urls: { allow: ["${allow}"] }`));
    return new DatabaseProbes(() => policy).probe({ type: 'postgresql', ...address }, never());
  };
  await t.resolves(policed(`postgresql://127.0.0.1:${port}`));
  await t.resolves(policed('*://127.0.0.1:*/'));
  await t.rejects(policed('https://*'), {
    name: 'AgentFailure',
    kind: 'refused',
    message: /does not allow the address/,
  });
});

t.test('link-local addresses and unknown kinds are not dialled', async (t) => {
  await t.rejects(probes.probe({ type: 'mysql', host: '169.254.169.254', port: 80 }, never()), {
    name: 'AgentFailure',
    kind: 'refused',
  });
  await t.rejects(probes.probe({ type: 'dbase', host: '127.0.0.1', port: 80 }, never()), {
    name: 'AgentFailure',
    kind: 'invalid_argument',
  });
  for (const host of ['127.0.0.1:80/.example.com', 'a?b', 'a@b', 'a b', 'a#b', 'a\\b', 'a%2f', '[::1]'])
    await t.rejects(
      probes.probe({ type: 'mysql', host, port: 80 }, never()),
      { name: 'AgentFailure', kind: 'invalid_argument' },
      host,
    );
  await t.rejects(probes.probe({ type: 'mysql', host: '127.0.0.1', port: 70_000 }, never()), {
    name: 'AgentFailure',
    kind: 'invalid_argument',
  });
});
