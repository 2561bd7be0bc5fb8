import { connect } from 'node:net';
import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import { hostUrl } from '../net/host-url.js';
import { FORBIDDEN_ADDRESS, isForbidden, siteLookup } from '../net/site-lookup.js';
import { type Greeting, greetings } from './greetings.js';

export interface DatabaseAddress {
  readonly type: string;
  readonly host: string;
  readonly port: number;
}

/** The result of a probe. */
export interface Probe {
  /** From dialling to the server's first bytes, milliseconds. */
  readonly latencyMs: number;
  /** The server's description of itself, such as its version; empty if the server sends none before a sign-in. */
  readonly server: string;
}

/** The addresses that a site lets its hub dial. Returns the reason for a refusal, or `undefined`. */
export interface AddressPolicy {
  url(url: string): string | undefined;
}

/** How long a server may take to send its first bytes, milliseconds. */
const TIMEOUT_MS = 5000;
/** The longest greeting, bytes: a server that sends more is of another kind. */
const MAX_BYTES = 4096;

const reasons: Readonly<Record<string, readonly [reason: string, what: string]>> = {
  ENOTFOUND: ['unresolved', 'is not known by that name here'],
  EAI_AGAIN: ['unresolved', 'cannot be looked up now'],
  ECONNREFUSED: ['refused', 'refuses the connection'],
  EHOSTUNREACH: ['unreachable', 'cannot be reached from here'],
  ENETUNREACH: ['unreachable', 'cannot be reached from here'],
  ETIMEDOUT: ['timeout', 'does not answer'],
  ECONNRESET: ['closed', 'closed the connection'],
};

/** Looks whether databases answer, without signing in. */
export class DatabaseProbes {
  readonly #policy: () => AddressPolicy;

  constructor(policy: () => AddressPolicy) {
    this.#policy = policy;
  }

  /** @throws AgentFailure `upstream` (details.reason), `refused` by the site's policy, `invalid_argument`, and the signal's reason. */
  async probe({ type, host, port }: DatabaseAddress, signal: Cancellation, timeoutMs = TIMEOUT_MS): Promise<Probe> {
    const greeting = Object.hasOwn(greetings, type) ? greetings[type] : undefined;
    if (!greeting) throw new AgentFailure('invalid_argument', `no kind of database '${type}'`, { field: 'type' });
    checkAddress({ type, host, port }, this.#policy());
    return firstWords(host, port, greeting, signal, timeoutMs);
  }
}

/** @throws AgentFailure `invalid_argument`, `refused` for an address that the site does not let its hub dial. */
export function checkAddress({ type, host, port }: DatabaseAddress, policy: AddressPolicy): void {
  if (!(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new AgentFailure('invalid_argument', 'port is out of range', { field: 'port' });
  const url = hostUrl(type, host, port);
  if (url === undefined)
    throw new AgentFailure('invalid_argument', 'host: must be a name or an address', { field: 'host' });
  const denied = policy.url(`${url}/`);
  if (denied !== undefined) throw new AgentFailure('refused', denied);
  if (isForbidden(host)) throw forbidden(host);
}

function firstWords(
  host: string,
  port: number,
  greeting: Greeting,
  signal: Cancellation,
  timeoutMs: number,
): Promise<Probe> {
  const where = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, lookup: siteLookup });
    const begin = performance.now();
    let bytes = Buffer.alloc(0);
    let found: Probe | undefined;
    let heard = 0;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.destroy();
      settle();
    };
    // A recognised database counts as reachable, however its connection ends.
    const fail = (reason: string, message: string) => {
      const probe = found;
      end(() => (probe ? resolve(probe) : reject(new AgentFailure('upstream', message, { reason }))));
    };
    const abort = () => end(() => reject(signal.reason));
    const timer = setTimeout(() => fail('timeout', `${where} does not answer`), timeoutMs);
    const leave = (probe: Probe) => {
      const next = greeting.leave ? greeting.leave(bytes, heard) : null;
      if (next === null || bytes.length > MAX_BYTES) return end(() => resolve(probe));
      if (next === undefined) return;
      heard += 1;
      socket.write(next);
      leave(probe);
    };
    const look = () => {
      if (found) return leave(found);
      const server = greeting.read(bytes);
      if (server === null) fail('not_this_kind', `the server at ${where} is of another kind`);
      else if (server !== undefined) {
        found = { latencyMs: Math.round((performance.now() - begin) * 1000) / 1000, server };
        leave(found);
      } else if (bytes.length > MAX_BYTES) fail('not_this_kind', `the server at ${where} is of another kind`);
    };
    socket.on('connect', () => {
      if (greeting.hello.length > 0) socket.write(greeting.hello);
      look();
    });
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      look();
    });
    socket.on('end', () => fail('closed', `${where} closed the connection`));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === FORBIDDEN_ADDRESS) return end(() => reject(forbidden(host)));
      const { details, message } = reachFailure(where, error);
      return fail(String(details.reason), message);
    });
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
}

/** Why a connection could not be made, or broke. */
export function reachFailure(where: string, { code = '' }: NodeJS.ErrnoException): AgentFailure {
  const [reason, what] = reasons[code] ?? ['unreachable', 'cannot be reached from here'];
  return new AgentFailure('upstream', `${where} ${what}`, { reason });
}

export function forbidden(host: string): AgentFailure {
  return new AgentFailure('refused', `${host} is at a link-local or cloud metadata address`);
}
