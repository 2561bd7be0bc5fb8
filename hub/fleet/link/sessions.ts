import { randomBytes } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { Hello } from '@roundhouse/proto/agent/v1/link';
import { Bucket } from '@roundhouse/proto/bucket';
import { printable } from '@roundhouse/proto/text';
import type { ByteStream, CommandOptions, ConnectedAgent, Fleet, Operation, Reply } from '../../domain/agents/fleet.js';
import { within } from '../../domain/cancellation.js';
import type { DomainError } from '../../domain/errors.js';
import { RefusalLog, refuse, unreachable } from '../wire/failure.js';
import type { Stream } from '../wire/stream.js';
import { decodeHello, decodeTransferPart } from './frames.js';
import { limitMessages } from './message-reader.js';
import { Pace } from './pace.js';
import { Presence } from './presence.js';
import { Session, type SessionContext } from './session.js';

/** The agent that a stream's certificate names. */
export interface AgentIdentity {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  /** When the certificate expires, milliseconds since 1970. */
  readonly expiresAt: number;
  /** Whether the agent is still enrolled: a stream may wait long between its certificate and its hello. */
  isEnrolled(): boolean;
}

/** The connections of one agent: one per second, and a burst. Each costs a look-up in the store, and two lines of the log. */
const returns = { perSecond: 1, burst: 20 };

/** All present agents, each with at most one control stream: admits agents, ends older connections, and finds the agent of a command. */
export class Sessions implements Fleet {
  readonly #context: SessionContext;
  readonly #presences = new Map<string, Presence>();
  readonly #admissions: Pace;
  /** The newest connection of each agent that is not admitted yet. Older ones end, because the hub keeps their data meanwhile. */
  readonly #entrants = new Map<string, Stream>();
  /** How often each agent may connect again. */
  readonly #returns = new Map<string, Bucket>();
  /** An agent with a valid certificate can open streams without limit, and must not fill the log. */
  readonly #refusals: RefusalLog;
  readonly #boot = randomBytes(6).toString('hex');
  #count = 0;
  #closing: number | undefined;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#admissions = new Pace(context.settings.admitting);
    this.#refusals = new RefusalLog(context.log);
  }

  agents(): ConnectedAgent[] {
    return [...this.#presences.values()].map((presence) => presence.agent);
  }

  agent(id: string): ConnectedAgent | undefined {
    return this.#presences.get(id)?.agent;
  }

  execute(agentId: string, operation: Operation, options: CommandOptions): Promise<Reply> {
    const presence = this.#presences.get(agentId);
    return presence ? presence.commands.execute(operation, options) : Promise.reject(notConnected());
  }

  open(agentId: string, operation: Operation, options: CommandOptions): Promise<ByteStream> {
    const presence = this.#presences.get(agentId);
    return presence ? presence.commands.open(operation, options) : Promise.reject(notConnected());
  }

  disconnect(agentId: string, reason: string): void {
    this.#presences.get(agentId)?.dismiss(reason, status.PERMISSION_DENIED);
    const entrant = this.#entrants.get(agentId);
    if (entrant) refuse(entrant, status.PERMISSION_DENIED, reason);
  }

  /** Agents that have a connection now. */
  get connected(): number {
    let connected = 0;
    for (const presence of this.#presences.values()) if (presence.connected) connected++;
    return connected;
  }

  get pending(): number {
    let pending = 0;
    for (const presence of this.#presences.values()) pending += presence.commands.size;
    return pending;
  }

  /** Takes a new control stream: its first message names the agent, its epoch and its version. */
  accept(call: Stream, identity: AgentIdentity): void {
    if (this.#closing !== undefined) {
      refuse(call, status.UNAVAILABLE, 'The hub is shutting down', this.#returnAfter());
      return;
    }
    const before = this.#entrants.get(identity.id);
    if (before) refuse(before, status.ABORTED, 'replaced by a newer connection');
    this.#entrants.set(identity.id, call);
    const timer = setTimeout(
      () => this.#violation(call, identity, 'no hello in time'),
      this.#context.settings.helloTimeoutMs,
    );
    call.once('close', () => {
      clearTimeout(timer);
      this.#leaveEntrance(call, identity);
    });
    call.once('data', (message: Buffer) => {
      clearTimeout(timer);
      // The hub reads no further message until the domain knows the agent.
      call.pause();
      const hello = readHello(message);
      if (!hello) this.#violation(call, identity, 'the first message is not a hello alone');
      else if (hello.agentId !== '' && hello.agentId !== identity.id) {
        const claims = printable(hello.agentId, 64);
        this.#violation(call, identity, 'it claims to be another agent than its certificate says', { claims });
      } else this.#queue(call, identity, hello);
    });
  }

  /** Takes a data stream: its first part names the command of this agent. */
  async transfer(call: Stream, identity: AgentIdentity): Promise<void> {
    const parts = call.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
    const timer = setTimeout(
      () => refuse(call, status.DEADLINE_EXCEEDED, 'no command id in time'),
      this.#context.settings.helloTimeoutMs,
    );
    try {
      const first = await parts.next();
      const part = first.done ? undefined : decodeTransferPart(first.value);
      if (part?.case !== 'commandId') {
        this.#violation(call, identity, 'a data stream that does not begin with its command');
        return;
      }
      const presence = this.#presences.get(identity.id);
      if (!presence) {
        refuse(call, status.NOT_FOUND, 'This agent has no control stream');
        return;
      }
      const taken = presence.commands.transfer(part.value, call, parts);
      if (taken === 'foreign') {
        const commandId = printable(part.value, 64);
        this.#violation(call, identity, "a data stream for a command that is not this agent's", { commandId });
        presence.session.violation("a data stream for a command that is not this agent's", { commandId });
      } else if (taken === 'late') {
        refuse(call, status.NOT_FOUND, 'No command waits for this stream');
      }
    } catch (error) {
      // The stream broke off before it began, or is unreadable.
      this.#context.log.debug(
        { event: 'data_stream.refused', err: error, agent: identity.id },
        'data stream not taken',
      );
      refuse(call, status.INVALID_ARGUMENT, 'unreadable data stream');
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Tells all agents to disconnect and come back later, lets running commands end until the time is up, and closes the streams. The more
   * agents there are, the longer is the time over which they return.
   */
  async close(graceMs: number): Promise<void> {
    const presences = [...this.#presences.values()];
    this.#closing = presences.length;
    const reason = 'the hub is shutting down';
    for (const { session, commands } of presences) {
      session.drain(reason, graceMs, this.#returnAfter());
      commands.close(reason);
    }
    await within(graceMs, Promise.all(presences.map(({ commands }) => commands.idle())));
    for (const presence of [...this.#presences.values()])
      presence.dismiss(reason, status.UNAVAILABLE, this.#returnAfter());
  }

  /** The delay after which an agent should come back, at random: many others come back, too. */
  #returnAfter(): number {
    const agents = (this.#closing ?? 0) + this.#presences.size + this.#admissions.waiting;
    return Math.round(500 + Math.random() * (1_000 + agents * 5));
  }

  /** Admits a few agents at a time: for each the store reads all its servers, and their secrets are unsealed. */
  #queue(call: Stream, identity: AgentIdentity, hello: Hello): void {
    if (this.#refused(call, identity, hello)) return;
    const { settings, counters, log } = this.#context;
    const returns = this.#returnsOf(identity.id);
    if (!returns.take()) {
      counters.postponed++;
      refuse(call, status.UNAVAILABLE, 'This agent comes back too often', this.#returnAfter() + 2_000);
      return;
    }
    if (this.#admissions.busy && this.#admissions.waiting >= settings.admissionQueue) {
      counters.postponed++;
      refuse(call, status.UNAVAILABLE, 'Too many agents come at once', this.#returnAfter() + 2_000);
      return;
    }
    void this.#admissions
      .run(async () => {
        // The agent may have disconnected while it waited, or connected again.
        if (!this.#leaveEntrance(call, identity) || call.cancelled || call.destroyed) return;
        if (this.#refused(call, identity, hello)) return;
        limitMessages(call, settings.maxMessageBytes);
        const entered = this.#enter(call, identity, hello);
        entered.over.catch((err: unknown) =>
          log.error({ event: 'agent.not_admitted', err, agent: identity.id }, 'agent not admitted'),
        );
        await entered.started;
      })
      .catch((err: unknown) =>
        log.error({ event: 'agent.not_admitted', err, agent: identity.id }, 'agent not admitted'),
      );
  }

  #returnsOf(id: string): Bucket {
    const known = this.#returns.get(id) ?? new Bucket(returns.perSecond, returns.burst);
    this.#returns.set(id, known);
    return known;
  }

  /** Removes a waiting connection. Returns false if another connection of the agent has taken its place. */
  #leaveEntrance(call: Stream, { id }: AgentIdentity): boolean {
    return this.#entrants.get(id) === call && this.#entrants.delete(id);
  }

  /** Refuses a connection if its agent was revoked meanwhile, its version does not fit, its epoch is older, or the hub is closing. */
  #refused(call: Stream, identity: AgentIdentity, hello: Hello): boolean {
    const { log, version } = this.#context;
    if (this.#closing !== undefined) {
      refuse(call, status.UNAVAILABLE, 'The hub is shutting down', this.#returnAfter());
      return true;
    }
    if (!identity.isEnrolled()) {
      log.warn({ event: 'agent.revoked_refused', agent: identity.id }, 'connection of a revoked agent refused');
      refuse(call, status.PERMISSION_DENIED, 'this agent is revoked');
      return true;
    }
    const conflict = versionConflict(version, hello.version);
    if (conflict !== undefined) {
      log.warn(
        {
          event: 'agent.version_refused',
          agent: identity.id,
          name: identity.name,
          version: printable(hello.version, 64),
        },
        conflict,
      );
      refuse(call, status.FAILED_PRECONDITION, conflict);
      return true;
    }
    const session = this.#presences.get(identity.id)?.session;
    if (session && !session.ended && hello.epoch <= session.epoch) {
      log.warn(
        { event: 'agent.epoch_refused', agent: identity.id, epoch: `${hello.epoch}` },
        'connection of an older epoch refused',
      );
      refuse(call, status.ABORTED, 'a newer connection of this agent is open');
      return true;
    }
    return false;
  }

  #enter(call: Stream, identity: AgentIdentity, hello: Hello): { started: Promise<void>; over: Promise<void> } {
    const { id, name, site, expiresAt } = identity;
    const agent = {
      id,
      name,
      site,
      version: hello.version,
      platform: printable(hello.platform, 128),
      capabilities: hello.capabilities.slice(0, 256).map((text) => printable(text, 128)),
      operations: hello.operations.slice(0, 256).map((text) => printable(text, 128)),
      connectedAt: Date.now(),
      roundTripMs: undefined,
    };
    const open = (commands: Presence['commands']) => new Session(agent, hello.epoch, commands, call, this.#context);
    const known = this.#presences.get(id);
    const presence = known ?? this.#newPresence(id, open);
    const session = known ? open(known.commands) : presence.session;
    return presence.enter(session, { bootId: printable(hello.bootId, 64), expiresAt });
  }

  #newPresence(id: string, session: (commands: Presence['commands']) => Session): Presence {
    const prefix = `${this.#boot}-${(this.#count++).toString(36)}-`;
    const presence = new Presence(prefix, session, this.#context, () => {
      if (this.#presences.get(id) === presence) this.#presences.delete(id);
    });
    this.#presences.set(id, presence);
    return presence;
  }

  /** Ends the session of an agent whose calls were ended for breaking the rules. */
  cutOff(agentId: string, reason: string): void {
    const session = this.#presences.get(agentId)?.session;
    if (session && !session.ended) session.violation(reason);
    else {
      this.#context.counters.violations++;
      this.#refusals.warn({ event: 'agent.cut_off', agent: agentId }, `agent cut off: ${reason}`);
    }
  }

  #violation(call: Stream, identity: AgentIdentity, what: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.#context.counters.violations++;
    this.#refusals.warn(
      { event: 'agent.stream_refused', agent: identity.id, peer: call.getPeer(), ...facts },
      `stream refused: ${what}`,
    );
    refuse(call, status.INVALID_ARGUMENT, what);
  }
}

function readHello(message: Buffer): Hello | undefined {
  try {
    return decodeHello(message);
  } catch {
    return undefined;
  }
}

function notConnected(): DomainError {
  return unreachable('not_run', 'The agent is not connected');
}

/**
 * Whether hub and agent may work together: the same major version, minor versions at most one apart.
 * @returns `undefined` if they may, otherwise the reason.
 */
export function versionConflict(hub: string, agent: string): string | undefined {
  const ours = parse(hub);
  const theirs = parse(agent);
  if (!ours || !theirs)
    return `agent version '${printable(agent, 32)}' cannot be compared with hub ${hub}: expected a semantic version`;
  if (ours.major === theirs.major && Math.abs(ours.minor - theirs.minor) <= 1) return undefined;
  const older = ours.major - theirs.major || ours.minor - theirs.minor;
  return (
    `agent ${agent} and hub ${hub} are more than one minor version apart: ` +
    `update the ${older < 0 ? 'hub' : 'agent'} first`
  );
}

function parse(version: string): { major: number; minor: number } | undefined {
  const match = /^(\d{1,6})\.(\d{1,6})\.\d{1,6}(?:[-+][0-9A-Za-z.+-]{0,64})?$/.exec(version);
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
}
