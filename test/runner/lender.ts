// Lends the parts of a pool to tests, over a socket: a borrower writes the name of a pool, gets a line of JSON, and has the part until the
// connection closes. `lender.ts FOLDER`; prints `ready`. The run of the tests (shared-parts.mjs) writes the name of a pool once no file is left
// that borrows from it. The lender ends with the run, and all parts with it.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Dockerode from 'dockerode';
import { emptyEngine, runEngine } from '../fixtures/docker/engine.js';
import { emptyCluster, runCluster } from '../fixtures/kubernetes/cluster.js';
import { Pool } from './pool.js';

const pools = {
  // Two, so that no file waits long for another.
  engine: new Pool(
    2,
    async (t) => ({ host: (await runEngine(t)).host }),
    ({ host }) => emptyEngine(new Dockerode({ socketPath: host.replace('unix://', '') })),
  ),
  cluster: new Pool(1, runCluster, emptyCluster),
};

const folder = process.argv[2] ?? '';
// Its end is seen while this end is still open: it closes when all parts are gone.
const run = connect({ path: join(folder, 'run.sock'), allowHalfOpen: true });
await once(run, 'connect');
const server = createServer((socket) => void lend(socket));
// Another lender of the same run was faster.
server.once('error', () => process.exit(0));
server.listen(join(folder, 'lender.sock'), () => process.stdout.write('ready\n'));
createInterface({ input: run }).on('line', (name) => void pools[name as keyof typeof pools].endIdle());
await once(run, 'end');
server.close();
await Promise.all(Object.values(pools).map((pool) => pool.close()));
process.exit(0);

async function lend(socket: Socket): Promise<void> {
  const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
  const [name] = (await once(createInterface({ input: socket }), 'line')) as [keyof typeof pools];
  try {
    const { value, giveBack } = await pools[name].take();
    void closed.then(giveBack);
    socket.write(`${JSON.stringify({ value })}\n`);
  } catch (error) {
    socket.end(`${JSON.stringify({ error: String(error) })}\n`);
  }
}
