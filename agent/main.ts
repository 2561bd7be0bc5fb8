import { mkdir } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { isOfSystem, systemSentence } from '@roundhouse/proto/system-errors';
import type { Telemetry } from '@roundhouse/proto/telemetry';
import { shownLines } from '@roundhouse/proto/text';
import { wantsTelemetry } from '@roundhouse/proto/tracing';
import { agentCommand, untilTold, version } from './cli.js';
import type { AgentConfig } from './config.js';
import { DatabaseProbes } from './drivers/databases/probes.js';
import { DatabaseQueries } from './drivers/databases/queries.js';
import { Docker } from './drivers/docker/docker.js';
import { DockerHost, dockerCapability } from './drivers/docker/host/docker-host.js';
import { type ImageReference, referenceText } from './drivers/docker/reference.js';
import { Kubernetes } from './drivers/kubernetes/kubernetes.js';
import { createLogs, ownLines } from './drivers/logs/logs.js';
import { PrivateInstances } from './drivers/mcp/instances/private-instances.js';
import { capabilities, createServers } from './drivers/mcp/servers.js';
import { createDevices } from './drivers/network/devices.js';
import { createSources } from './drivers/sources/sources.js';
import { Storage } from './drivers/storage/storage.js';
import { UsageMeter } from './drivers/usage/usage.js';
import { readGauges } from './gauges.js';
import { join } from './link/enrolment/enroll.js';
import { openJournal } from './link/journal/journal.js';
import { type Link, startLink } from './link/link.js';
import type { LocalHub } from './link/session/channel.js';
import { type AgentLog, createLog } from './log.js';
import { Meter } from './meter.js';
import { createOperations } from './operations/table.js';
import { policeServers, Refusals, type RefusedServer } from './policy/policed-servers.js';
import { PolicyFile } from './policy/policy-file.js';
import { Sealer } from './sealer.js';
import { LinkFile, lockFolder } from './state/data-folder.js';
import { DesiredStateFile } from './state/desired-state.js';
import { GrantFiles } from './state/grant-files.js';
import { rememberDevices, rememberServers } from './state/persistent.js';

export { readConfig, settings } from './config.js';
export { createLog } from './log.js';

/** The default time that running commands have to end when the agent stops, milliseconds. */
const GRACE_MS = 5_000;

/** An agent that runs in this process. */
export interface RunningAgent {
  /** Resolves once the agent has stopped; rejects, with a sentence for the operator, if it ended for another reason. */
  readonly ended: Promise<void>;
  /** Stops the agent and its servers; `reason` is for the log. */
  close(reason?: string): Promise<void>;
}

/** Runs `roundhouse agent`. `argv` holds the arguments after the program's name. */
export async function run(argv: readonly string[]): Promise<void> {
  await agentCommand(start).parseAsync([...argv].slice(1), { from: 'user' });
}

/** Runs an agent until it is told to stop. Failure sets the process's exit code. */
async function start(config: AgentConfig): Promise<void> {
  const stop = untilTold();
  const agent = startAgent(config, createLog(config.logLevel));
  void aborted(stop).then(() => agent.close(stop.reason));
  await agent.ended.catch((error: unknown) => {
    const told = isOfSystem(error) ? systemSentence(error) : error instanceof Error ? error.message : String(error);
    process.stderr.write(`roundhouse: ${shownLines(told)}\n`);
    process.exitCode = 1;
  });
}

/**
 * Starts an agent. It does not change the process that runs it: no signal handlers, no exit code.
 * @param localHub the hub, if it runs in this process
 */
export function startAgent(
  config: AgentConfig,
  agentLog: AgentLog,
  graceMs = GRACE_MS,
  localHub?: LocalHub,
): RunningAgent {
  const { log } = agentLog;
  const stop = new AbortController();
  const ended = runAgent(config, agentLog, graceMs, stop.signal, localHub).catch((error: unknown) => {
    if (stop.signal.aborted) return;
    log.debug({ event: 'agent.start_failed', err: error }, 'the agent could not start');
    throw error;
  });
  return {
    ended,
    close: (reason = 'closed') => {
      stop.abort(reason);
      return ended;
    },
  };
}

/** The composition root: joins drivers, operations and link, and runs them until the signal aborts. */
async function runAgent(
  config: AgentConfig,
  { log, keep }: AgentLog,
  graceMs: number,
  stop: AbortSignal,
  localHub: LocalHub | undefined,
): Promise<void> {
  const { data: dataDir, logLimit, policy } = config;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(dataDir);
  let telemetry: Telemetry | undefined;
  try {
    const { env } = process;
    if (wantsTelemetry(env)) {
      const { startTelemetry } = await import('@roundhouse/proto/telemetry');
      const onError = (reason: string) => log.warn({ event: 'telemetry.not_sent', reason }, 'spans could not be sent');
      telemetry = startTelemetry({ service: 'roundhouse-agent', version, env, onError });
    }
    const logs = createLogs({ dataDir, log, limits: { totalBytes: logLimit } });
    keep(ownLines(logs.own));
    const policyFile = new PolicyFile(policy ?? joinPath(dataDir, 'policy.yaml'), policy !== undefined, log);
    const linkFile = new LinkFile(dataDir, log);
    const identity = await join({ ...config, dataDir, version, log, signal: stop });
    let link: Link | undefined;
    const refusals = new Refusals((refusal) => link?.notify(refusal));
    const refused = ({ serverId, reason }: RefusedServer): void => {
      log.warn({ event: 'server.refused', serverId, reason }, 'a server is refused by the site policy');
      refusals.take(serverId, reason);
    };
    const limits = { startsAtOnce: config.startLimit };
    const refusedImage = (image: ImageReference) => policyFile.policy.permits('images', referenceText(image));
    const meter = new Meter();
    const docker = new Docker({ dataDir, log: log.child({ part: 'docker' }), refused: refusedImage, meter });
    const dockerHost = new DockerHost(docker, () => policyFile.policy);
    const sources = createSources({
      dataDir,
      log,
      docker,
      mayBeAnyCommit: (command, args, version) => policyFile.policy.anyCommit(command, args, version),
    });
    const storage = new Storage({ dataDir, log, logs, sources });
    const sealer = new Sealer(dataDir);
    const mcpLog = log.child({ part: 'mcp' });
    const grants = new GrantFiles({ dataDir, sealer, log: mcpLog });
    const refusedAddress = (url: string) => policyFile.policy.address(url);
    const serverParts = { dataDir, logs, sources, grants, log: mcpLog, meter };
    const runtime = createServers({ ...serverParts, version, limits, refusedAddress });
    const policed = policeServers(runtime, policyFile.policy, refused);
    const unwatch = policyFile.watch((policy) => policed.enforce(policy));
    const state = new DesiredStateFile({ dataDir, agentId: identity.agentId, log, sealer });
    const { servers, restore } = rememberServers(policed.servers, state);
    const privates = new PrivateInstances({ servers, reports: runtime, logs, log: log.child({ part: 'mcp' }) });
    const usage = new UsageMeter({ dataDir, servers: () => servers.reports().map(({ serverId }) => serverId) });
    const network = createDevices({
      dataDir,
      sealer,
      log: log.child({ part: 'network' }),
      policy: () => policyFile.policy,
      limits: { connections: config.deviceLimit },
    });
    const devices = rememberDevices(network, state);
    const kubernetes = new Kubernetes({ policy: () => policyFile.policy, meter });
    const unmeter = readGauges(meter, { servers, devices, usage });
    const journal = openJournal(dataDir, sealer);
    // The servers of the last run start again, even without the hub.
    restore(await state.load());
    network.setDesired(state.devices);
    link = startLink({
      hub: config.hub ?? identity.hub,
      dataDir,
      identity,
      operations: createOperations({
        servers,
        privates,
        devices,
        docker: dockerHost,
        kubernetes,
        logs,
        storage,
        usage,
        databases: new DatabaseProbes(() => policyFile.policy),
        queries: new DatabaseQueries(() => policyFile.policy),
        policy: () => policyFile.policy,
        dataDir,
      }),
      servers,
      messageSources: { servers, privates },
      devices,
      meter,
      journal,
      localHub,
      capabilities: [...(await capabilities()), ...(await dockerCapability(docker.engine))],
      version,
      log: log.child({ part: 'link' }),
      tracer: telemetry?.tracer,
      onState: (state) => {
        refusals.connected(state === 'connected');
        linkFile.tell(state);
      },
      onRevoked: () => {
        servers.setDesired([]);
        devices.setDesired([]);
        void grants.wipe();
        state
          .wipe()
          .catch((err: unknown) => log.error({ event: 'state.not_wiped', err }, 'the sealed state could not be wiped'));
      },
    });
    await aborted(stop);
    log.info({ event: 'agent.stopping', signal: stop.reason }, 'stopping');
    unwatch();
    await link.close({ graceMs });
    unmeter();
    await privates.closeAll();
    await Promise.all([servers.close(), devices.close(), kubernetes.close(), dockerHost.close()]);
    await state.flush();
    await journal.close();
    await logs.close();
    linkFile.remove();
  } finally {
    await telemetry?.close();
    unlock();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
