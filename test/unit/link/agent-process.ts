// An agent in a process of its own, to be killed: argv has the hub's address, a join token and a data folder.
import { pino } from 'pino';
import { enroll } from '../../../agent/link/enroll.js';
import { startLink } from '../../../agent/link/link.js';
import type { Operation } from '../../../agent/operations/operation.js';
import { FakeServers, table, version } from './rig.js';

const [hub = '', token = '', dataDir = ''] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const signal = new AbortController().signal;
const identity = await enroll({ hub, token, dataDir, name: 'doomed', version, log, signal });
const hanging: Operation<'callTool'> = {
  name: 'callTool',
  run: () => {
    process.send?.('called');
    return new Promise(() => {});
  },
};
startLink({
  hub,
  dataDir,
  identity,
  operations: table(hanging as never),
  servers: new FakeServers() as never,
  capabilities: [],
  version,
  log,
});
