import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeJoinToken } from '@roundhouse/proto/join-token';
import type { Logger } from '@roundhouse/proto/log';
import type { Test } from 'tap';
import { enroll } from '../../../agent/link/enrolment/enroll.js';
import { loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { type Journal, openJournal } from '../../../agent/link/journal/journal.js';
import { type Link, type LinkOptions, startLink } from '../../../agent/link/link.js';
import type { Operations } from '../../../agent/link/session/dispatch.js';
import { createLog } from '../../../agent/log.js';
import type { Operation, OperationName } from '../../../agent/operations/operation.js';
import type { DeviceReport } from '../../../hub/domain/agents/contract.js';
import type {
  CommandOptions,
  ConnectedAgent,
  EnrollmentRules,
  FleetEvents,
  Operation as HubOperation,
  ServerReport,
  ServerSpec,
} from '../../../hub/domain/agents/fleet.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { type RunningFleet, startFleet } from '../../../hub/fleet/server.js';
import type { FleetSettings } from '../../../hub/fleet/settings.js';
import { removeFolder, tempFolder } from '../../temp-folder.js';

export const version = '0.1.0';

/** A logger that keeps its lines, to look at. */
export function memoryLog(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog('debug', { write: (line) => void lines.push(line) }).log, lines };
}

/** The domain as the link sees it: tokens, identities, and the events that it gets. */
export class Domain extends EventEmitter implements EnrollmentRules, FleetEvents {
  readonly tokens = new Map<
    string,
    { site: string; state: 'fresh' | 'used' | 'expired'; key?: string; agentId?: string }
  >();
  readonly revoked = new Set<string>();
  readonly agents = new Map<string, { id: string; name: string; site: string; serials: Set<string> }>();
  readonly reports: ServerReport[] = [];
  readonly told: string[] = [];
  specs: readonly ServerSpec[] = [];

  token(state: 'fresh' | 'expired' = 'fresh', site = 'here'): string {
    const token = randomUUID();
    this.tokens.set(token, { site, state });
    return token;
  }

  checkToken(token: string) {
    const state = this.tokens.get(token)?.state ?? 'unknown';
    if (state !== 'fresh' && state !== 'used') throw new DomainError('invalid_credential', 'no', { reason: state });
  }

  async redeem(token: string, { name, key }: { name: string; key: string }) {
    const known = this.tokens.get(token);
    if (known?.agentId && known.key === key) return { agentId: known.agentId, site: known.site };
    if (known?.state !== 'fresh') {
      throw new DomainError('invalid_credential', 'no', { reason: known?.state ?? 'unknown' });
    }
    known.state = 'used';
    const agentId = randomUUID();
    Object.assign(known, { key, agentId });
    this.agents.set(agentId, { id: agentId, name, site: known.site, serials: new Set() });
    return { agentId, site: known.site };
  }

  async issued(agentId: string, { serial }: { serial: string }) {
    this.agents.get(agentId)?.serials.add(serial);
    this.emit('issued', agentId);
  }

  identify(agentId: string, serial: string) {
    if (this.revoked.has(agentId)) return 'revoked';
    const agent = this.agents.get(agentId);
    return agent?.serials.has(serial) ? agent : 'unknown';
  }

  async onConnect(agent: ConnectedAgent) {
    this.told.push('connect');
    setImmediate(() => this.emit('connect', agent));
    return this.specs;
  }

  onDisconnect(agent: ConnectedAgent, reason: string) {
    this.told.push('disconnect');
    this.emit('disconnect', agent, reason);
  }

  onReport(_agent: ConnectedAgent, report: ServerReport) {
    this.reports.push(report);
    this.emit('report', report);
  }

  onDeviceReport(_agent: ConnectedAgent, report: DeviceReport) {
    this.emit('deviceReport', report);
  }

  onLog(_agent: ConnectedAgent, entry: { level: string; serverId: string; message: string; topic: string }) {
    this.emit('log', entry);
  }
}

export interface Hub {
  readonly fleet: RunningFleet;
  readonly domain: Domain;
  readonly lines: string[];
  readonly address: string;
  joinToken(token?: string): string;
}

/** A hub's end of the link, closed when the test ends. */
export async function startHub(
  t: Test,
  { domain = new Domain(), dataDir = tempFolder(t), port = 0, settings = {} as Partial<FleetSettings> } = {},
): Promise<Hub> {
  const { log, lines } = memoryLog();
  const listen = { host: '127.0.0.1', port };
  const fleet = await startFleet({ listen, dataDir, events: domain, enrollment: domain, log, version, settings });
  t.teardown(() => fleet.close({ graceMs: 0 }));
  const address = `127.0.0.1:${fleet.address.port}`;
  const joinToken = (token = domain.token()) => encodeJoinToken({ token, site: 'here', ca: fleet.caCertificate });
  return { fleet, domain, lines, address, joinToken };
}

/** The agent's servers, as far as the link needs them. */
export class FakeServers extends EventEmitter {
  desired: unknown[] = [];
  setDesired(specs: readonly unknown[]) {
    this.desired = [...specs];
    this.emit('desired');
  }
  reports() {
    return [];
  }
  onReport(listener: Parameters<EventEmitter['on']>[1]) {
    this.on('report', listener);
  }
}

export const noop: Operation<'noop'> = {
  name: 'noop',
  run: ({ echo }) => ({ case: 'json', value: echo.length > 0 ? echo : Buffer.from('null') }),
};

export function table(...operations: Operation<OperationName>[]): Operations {
  return new Map([noop as Operation<OperationName>, ...operations].map((operation) => [operation.name, operation]));
}

export interface Agent {
  readonly id: string;
  readonly link: Link;
  readonly servers: FakeServers;
  readonly lines: string[];
  readonly dataDir: string;
  readonly journal: Journal;
}

/** A separate folder for each agent of a test. */
export function agentFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-agent-'));
  t.teardown(() => removeFolder(folder));
  return folder;
}

/** Enrols (if the folder has not) and connects an agent; resolves when the hub may send commands. */
export async function startAgent(
  t: Test,
  hub: Hub,
  {
    operations = table(),
    dataDir = agentFolder(t),
    agentVersion = version,
    wait = true,
    address = hub.address,
    journal = openJournal(dataDir) as Journal,
    options = {} as Partial<LinkOptions>,
  } = {},
): Promise<Agent> {
  const { log, lines } = memoryLog();
  const identity =
    (await loadIdentity(dataDir)) ??
    (await enroll({
      hub: address,
      token: hub.joinToken(),
      dataDir,
      name: 'test',
      version,
      log,
      signal: untilEnd(t),
    }));
  const servers = new FakeServers();
  const ready = wait ? once(hub.domain, 'connect') : undefined;
  const link = startLink({
    hub: address,
    dataDir,
    identity,
    operations,
    servers: servers as never,
    journal,
    capabilities: ['mcp.stdio'],
    version: agentVersion,
    log,
    ...options,
  });
  t.teardown(async () => {
    await link.close({ graceMs: 0 });
    await journal.close().catch(() => {});
  });
  await ready;
  return { id: identity.agentId, link, servers, lines, dataDir, journal };
}

/** May take as long as a busy machine does. */
export const read: CommandOptions = { kind: 'read', timeoutMs: 60_000 };

export function echo(text: string): HubOperation {
  return { case: 'noop', value: { echo: Buffer.from(text) } };
}

export function callTool(tool: string, args = '{}', progress = false): HubOperation {
  return { case: 'callTool', value: { serverId: 's', tool, arguments: Buffer.from(args), progress } };
}

/** Aborts when the test ends. */
export function untilEnd(t: Test): AbortSignal {
  const end = new AbortController();
  t.teardown(() => end.abort());
  return end.signal;
}
