import { randomBytes } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { ConnectRequestSchema, type Hello } from '@roundhouse/proto/agent/v1/link';
import type { ByteStream, CommandOptions, ConnectedAgent, Fleet, Operation, Reply } from '../domain/agents/fleet.js';
import type { DomainError } from '../domain/errors.js';
import { unreachable } from './failure.js';
import { decodeTransferPart } from './frames.js';
import { refuse } from './refuse.js';
import { Session, type SessionContext } from './session.js';
import { printable } from './text.js';
import { versionConflict } from './version.js';

type Stream = ServerDuplexStream<Buffer, Buffer>;

/** Who a stream's certificate says the agent is. */
export interface AgentIdentity {
  readonly id: string;
  readonly name: string;
  readonly site: string;
}

/** All control streams, at most one per agent: admits, fences, and finds the one that a command is for. */
export class Sessions implements Fleet {
  readonly #context: SessionContext;
  readonly #sessions = new Map<string, Session>();
  readonly #boot = randomBytes(6).toString('hex');
  #admitted = 0;
  #closing = false;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  agents(): ConnectedAgent[] {
    return [...this.#ready()].map((session) => session.agent);
  }

  agent(id: string): ConnectedAgent | undefined {
    const session = this.#sessions.get(id);
    return session?.ready ? session.agent : undefined;
  }

  execute(agentId: string, operation: Operation, options: CommandOptions): Promise<Reply> {
    const session = this.#sessions.get(agentId);
    return session ? session.execute(operation, options) : Promise.reject(notConnected());
  }

  open(agentId: string, operation: Operation, options: CommandOptions): Promise<ByteStream> {
    const session = this.#sessions.get(agentId);
    return session ? session.open(operation, options) : Promise.reject(notConnected());
  }

  disconnect(agentId: string, reason: string): void {
    this.#sessions.get(agentId)?.end(reason, status.PERMISSION_DENIED);
  }

  get pending(): number {
    let pending = 0;
    for (const session of this.#sessions.values()) pending += session.pending;
    return pending;
  }

  /** Takes a new control stream: its first message says who comes, with which epoch and version. */
  accept(call: Stream, identity: AgentIdentity): void {
    if (this.#closing) {
      refuse(call, status.UNAVAILABLE, 'The hub is shutting down');
      return;
    }
    const timer = setTimeout(
      () => this.#violation(call, identity, 'no hello in time'),
      this.#context.settings.helloTimeoutMs,
    );
    call.once('close', () => clearTimeout(timer));
    call.once('data', (message: Buffer) => {
      clearTimeout(timer);
      // Nothing more is read until the domain knows the agent.
      call.pause();
      const hello = readHello(message);
      if (hello) void this.#admit(call, identity, hello);
      else this.#violation(call, identity, 'the first message is not a hello alone');
    });
  }

  /** Takes a data stream: its first part says which command of this agent it belongs to. */
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
      const session = this.#sessions.get(identity.id);
      const problem = session ? session.attach(part.value, call, parts) : 'This agent has no control stream';
      if (problem !== undefined) refuse(call, status.NOT_FOUND, problem);
    } catch (error) {
      // Broken off before it began, or unreadable.
      this.#context.log.debug({ err: error, agent: identity.id }, 'data stream not taken');
      refuse(call, status.INVALID_ARGUMENT, 'unreadable data stream');
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Tells all agents to go and come back, lets running commands end until the time is up, and closes the streams.
   * The agents' return is spread out, the more of them the longer.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const sessions = [...this.#sessions.values()];
    const reason = 'the hub is shutting down';
    const spreadMs = 1_000 + sessions.length * 5;
    for (const session of sessions) session.drain(reason, graceMs, Math.round(500 + Math.random() * spreadMs));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      Promise.all(sessions.map((session) => session.idle())),
      new Promise((resolve) => {
        timer = setTimeout(resolve, graceMs);
      }),
    ]);
    clearTimeout(timer);
    for (const session of this.#sessions.values()) session.end(reason, status.UNAVAILABLE);
  }

  async #admit(call: Stream, identity: AgentIdentity, hello: Hello): Promise<void> {
    const { log, version } = this.#context;
    const conflict = versionConflict(version, hello.version);
    if (conflict !== undefined) {
      log.warn({ agent: identity.id, name: identity.name, version: printable(hello.version, 64) }, conflict);
      refuse(call, status.FAILED_PRECONDITION, conflict);
      return;
    }
    const older = this.#sessions.get(identity.id);
    if (older && !older.ended && hello.epoch <= older.epoch) {
      this.#context.log.warn({ agent: identity.id, epoch: `${hello.epoch}` }, 'connection of an older epoch refused');
      refuse(call, status.ABORTED, 'a newer connection of this agent is open');
      return;
    }
    const agent = {
      ...identity,
      version: hello.version,
      platform: printable(hello.platform, 128),
      capabilities: hello.capabilities.slice(0, 256).map((text) => printable(text, 128)),
      operations: hello.operations.slice(0, 256).map((text) => printable(text, 128)),
      connectedAt: Date.now(),
      roundTripMs: undefined,
    };
    const prefix = `${this.#boot}-${(this.#admitted++).toString(36)}-`;
    const session = new Session(agent, hello.epoch, prefix, call, this.#context);
    this.#sessions.set(agent.id, session);
    older?.end('replaced by a newer connection', status.ABORTED);
    // The domain hears of one agent's connections one after the other.
    await older?.gone;
    await session.start();
    if (session.ready) log.info({ agent: agent.id, name: agent.name, site: agent.site }, 'agent connected');
    await session.gone;
    if (this.#sessions.get(agent.id) === session) this.#sessions.delete(agent.id);
    log.info({ agent: agent.id, name: agent.name, site: agent.site, reason: session.endReason }, 'agent disconnected');
  }

  *#ready(): Iterable<Session> {
    for (const session of this.#sessions.values()) if (session.ready) yield session;
  }

  #violation(call: Stream, identity: AgentIdentity, what: string): void {
    this.#context.counters.violations++;
    this.#context.log.warn({ agent: identity.id, peer: call.getPeer() }, `stream refused: ${what}`);
    refuse(call, status.INVALID_ARGUMENT, what);
  }
}

function readHello(message: Buffer): Hello | undefined {
  try {
    const { frames } = fromBinary(ConnectRequestSchema, message);
    const frame = frames[0]?.frame;
    return frames.length === 1 && frame?.case === 'hello' ? frame.value : undefined;
  } catch {
    return undefined;
  }
}

function notConnected(): DomainError {
  return unreachable('not_run', 'The agent is not connected');
}
