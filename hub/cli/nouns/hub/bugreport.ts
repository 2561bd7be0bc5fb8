import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { version } from '../../../host/package.js';
import { command, flag, optional } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import { sourceOf } from '../servers/server.js';
import { examine } from './doctor.js';

/** How many entries of the log go into a report. */
const LOG_ENTRIES = 200;

/** `roundhouse bugreport`. */
export const bugreport = command({
  name: 'bugreport',
  summary: 'write what a bug report needs into a file: versions, states, errors; no keys, no values of variables',
  example: 'roundhouse bugreport report.json',
  args: { file: optional('the file; default: roundhouse-bugreport.json') },
  options: { force: flag('replace the file if there is one') },
  async run({ hub, args, options, out, signal, connection }) {
    const path = resolve(args.file ?? 'roundhouse-bugreport.json');
    const asked = { signal };
    const [checks, health, agents, servers, alerts, logs] = await Promise.all([
      examine({ signal, out }, () => connection()),
      hub.connect.health.get(asked),
      hub.connect.agents.list(asked),
      hub.connect.servers.list({}, asked),
      hub.automation.alerts.get({}, asked),
      hub.automation.logs.get({ level: 'error', limit: LOG_ENTRIES }, asked),
    ]);
    const report = {
      ...{ made: new Date().toISOString(), program: version, node: process.version },
      platform: `${process.platform} ${process.arch}`,
      ...{ checks, health, agents },
      servers: servers.map(({ name, site, status, transport, runtime, limits, toolCount }) => ({
        ...{ name, site, status, toolCount, runtime, limits },
        transport: transport.type,
        source: sourceOf(transport),
      })),
      alerts: alerts.alerts,
      errors: logs.logs,
    };
    await write(path, `${JSON.stringify(report, null, 2)}\n`, options.force);
    await out.text(path, { file: path });
    if (out.form === 'people') out.say('It names sites, servers and their command lines: read it before you send it.');
  },
});

async function write(path: string, content: string, isForced: boolean): Promise<void> {
  try {
    const file = await open(path, isForced ? 'w' : 'wx', 0o600);
    await file.writeFile(content).finally(() => file.close());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandError(`${path} is there already: choose another name, or replace it with --force`);
  }
}
