import { mkdir } from 'node:fs/promises';
import type { Logger } from 'pino';
import { agentCommand } from './cli.js';
import type { AgentConfig } from './config.js';
import { createLogs } from './drivers/logs/logs.js';
import { capabilities } from './drivers/mcp/capabilities.js';
import { createServers } from './drivers/mcp/servers.js';
import { join } from './link/join.js';
import { startLink } from './link/link.js';
import { lockFolder } from './link/lock.js';
import { createLog } from './log.js';
import { createOperations } from './operations/table.js';
import { untilTold } from './until-told.js';
import { version } from './version.js';

/** How long running commands may go on after the agent was told to stop, milliseconds. */
const GRACE_MS = 5_000;

/** Runs `roundhouse agent`. `argv` holds the arguments after the program's name. */
export async function run(argv: readonly string[]): Promise<void> {
  await agentCommand(start).parseAsync([...argv].slice(1), { from: 'user' });
}

/** Runs an agent until it is told to stop. Failure is logged, and sets the process's exit code. */
async function start(config: AgentConfig): Promise<void> {
  const log = createLog(config.logLevel);
  const stop = untilTold();
  try {
    await runAgent(config, log, stop);
  } catch (error) {
    if (stop.aborted) return;
    // What goes wrong here is for the operator to read: the address, the token, the folder.
    log.fatal(error instanceof Error ? error.message : String(error));
    log.debug({ err: error }, 'cause');
    process.exitCode = 1;
  }
}

/** The composition root: joins drivers, operations and link, and runs them until the signal aborts. */
async function runAgent(config: AgentConfig, log: Logger, stop: AbortSignal): Promise<void> {
  const { data: dataDir, logLimit } = config;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(dataDir);
  try {
    const identity = await join({ ...config, dataDir, version, log, signal: stop });
    const logs = createLogs({ dataDir, log, limits: { totalBytes: logLimit } });
    const servers = createServers({ dataDir, logs, log: log.child({ part: 'mcp' }), version });
    const link = startLink({
      hub: config.hub ?? identity.hub,
      dataDir,
      identity,
      operations: createOperations({ servers, logs }),
      servers,
      capabilities: await capabilities(),
      version,
      log: log.child({ part: 'link' }),
    });
    await aborted(stop);
    log.info({ signal: stop.reason }, 'stopping');
    await link.close({ graceMs: GRACE_MS });
    await servers.close();
    await logs.close();
  } finally {
    unlock();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
