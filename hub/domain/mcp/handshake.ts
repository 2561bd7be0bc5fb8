import type { ClientEnvelope } from '../agents/contract.js';
import type { Fleet } from '../agents/fleet.js';
import { within } from '../cancellation.js';
import { DomainError } from '../errors.js';
import type { Observation, ObservedServers } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import type { McpPassThrough } from './pass-through.js';
import type { McpView } from './view.js';

/** The server's description of itself when it was connected. */
export interface Handshake {
  /** Empty before the first connection. */
  readonly protocolVersion: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly instructions: string | undefined;
}

const known = new WeakMap<Uint8Array, Handshake>();
const NOTHING: Handshake = { protocolVersion: '', capabilities: {}, serverInfo: {}, instructions: undefined };

/** The server's answer to `initialize`, as of its last connection. */
export function handshakeOf({ initializeResult }: Observation): Handshake {
  if (initializeResult.length === 0) return NOTHING;
  let handshake = known.get(initializeResult);
  if (!handshake) {
    handshake = read(Buffer.from(initializeResult).toString());
    known.set(initializeResult, handshake);
  }
  return handshake;
}

/** @param json the result of `initialize`; a value that is no JSON object counts as empty */
function read(json: string): Handshake {
  const { protocolVersion, capabilities, serverInfo, instructions } = objectOf(parsed(json));
  return {
    protocolVersion: typeof protocolVersion === 'string' ? protocolVersion : '',
    capabilities: objectOf(capabilities),
    serverInfo: objectOf(serverInfo),
    instructions: typeof instructions === 'string' ? instructions : undefined,
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** The protocol version without sessions. */
const STATELESS = '2026-07-28';
/** The capability of agents that pass requests of this version on unchanged. */
const CAPABILITY = 'mcp.stateless';
/** The capability of agents that find out whether a process speaks the version. */
const ASKING = 'mcp.both-eras';
/** A request waits this long at most until its server says whether it speaks the version, milliseconds: some servers ignore the question. */
const LOOK_MS = 3000;

interface StatelessParts {
  readonly observed: ObservedServers;
  readonly fleet: () => Fleet;
}

/** The servers that get requests of protocol version 2026-07-28 as they are. */
export class StatelessServers {
  readonly #parts: StatelessParts;
  readonly #passThrough: Pick<McpPassThrough, 'send'>;
  /** By the server's answer to `initialize`: resolves once the server has been asked whether it also speaks the version. */
  readonly #asked = new WeakMap<Uint8Array, Promise<void>>();
  readonly #speaking = new WeakSet<Uint8Array>();

  constructor(parts: StatelessParts, passThrough: Pick<McpPassThrough, 'send'>) {
    this.#parts = parts;
    this.#passThrough = passThrough;
  }

  /** Whether the server is known to speak the version, and its agent supports it. */
  takes({ id, agentId }: ServerRecord): boolean {
    const observation = this.#parts.observed.get(id);
    const isSpoken =
      handshakeOf(observation).protocolVersion === STATELESS || this.#speaking.has(observation.initializeResult);
    return isSpoken && this.#has(agentId, CAPABILITY);
  }

  /**
   * Finds out whether a server that its agent speaks to in an earlier version also speaks this one: a process says so only if it is asked.
   * Afterwards {@link StatelessServers.takes} knows the answer.
   * @param view of the client that wants to know: only a client that may call the server's tools makes the agent ask
   */
  async look(view: McpView, server: ServerRecord, envelope: ClientEnvelope): Promise<void> {
    const { state, initializeResult } = this.#parts.observed.get(server.id);
    if (this.takes(server) || !view.invokes || !view.covers(server)) return;
    if (state !== 'connected' || !this.#has(server.agentId, ASKING)) return;
    const asked = this.#asked.get(initializeResult) ?? this.#ask(server, envelope, initializeResult);
    this.#asked.set(initializeResult, asked);
    await within(LOOK_MS, asked);
  }

  async #ask(server: ServerRecord, envelope: ClientEnvelope, initializeResult: Uint8Array): Promise<void> {
    try {
      await this.#passThrough.send({ server, instanceId: '', method: 'server/discover', params: '{}', envelope });
      this.#speaking.add(initializeResult);
    } catch (error) {
      // The server does not speak the version.
      if (!(error instanceof DomainError)) throw error;
    }
  }

  #has(agentId: string, capability: string): boolean {
    return this.#parts.fleet().agent(agentId)?.capabilities.includes(capability) ?? false;
  }
}
