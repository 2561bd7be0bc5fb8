// An agent in a separate process, for tests that kill it: argv has the hub's address, a join token, a data folder, and the behaviour of
// its tool: `hang` for ever, `count` its runs in a file and then hang, or count and `answer`.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { join as joinHub } from '../../../agent/link/enrolment/enroll.js';
import { type Journal, openJournal } from '../../../agent/link/journal/journal.js';
import { startLink } from '../../../agent/link/link.js';
import type { Operation } from '../../../agent/operations/operation.js';
import { FakeServers, table, version } from './rig.js';

const [hub = '', token = '', dataDir = '', does = 'hang'] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const signal = new AbortController().signal;
const identity = await joinHub({ hub, token, dataDir, name: 'doomed', version, log, signal });
const runs = join(dataDir, 'runs');
const tool: Operation<'callTool'> = {
  name: 'callTool',
  async run() {
    if (does !== 'hang') appendFileSync(runs, '.');
    process.send?.('called');
    if (does !== 'answer') await new Promise(() => {});
    return { case: 'json', value: Buffer.from(JSON.stringify({ runs: readFileSync(runs, 'utf8').length })) };
  },
};
const journal = openJournal(dataDir);
/** Tells the test about each entry once it is on disk. */
const watched: Journal = {
  find: (name) => journal.find(name),
  async write(name, entry) {
    await journal.write(name, entry);
    process.send?.(entry.state);
  },
  close: () => journal.close(),
};
startLink({
  hub,
  dataDir,
  identity,
  operations: table(tool as never),
  servers: new FakeServers() as never,
  journal: watched,
  capabilities: [],
  version,
  log,
});
