import { spanning } from '@roundhouse/proto/tracing';
import type { SecretScope } from '../audit/known-secrets.js';
import { checkAuditable } from '../audit/log.js';
import { REDACTED, type Redactor, secretScopes } from '../audit/redactor.js';
import { withTrace } from '../cancellation.js';
import { codeOf, DomainError } from '../errors.js';
import type { Store } from '../store.js';
import {
  type ByteStream,
  type CommandOptions,
  type ConnectedAgent,
  clusterOf,
  databaseOf,
  deviceOf,
  type Fleet,
  type Operation,
  type Reply,
  serverOf,
} from './fleet.js';
import type { PolicyRefusals, ServerLookup } from './refusals.js';

/**
 * The fleet, with secrets taken out of every error that comes from an agent, or from a server, device, cluster or Docker Engine there. An
 * error keeps the texts that its caller sent. Refusals of a site's policy go into the audit log. While the audit log cannot be written, the hub sends
 * no command that changes something.
 */
export class RedactingFleet implements Fleet {
  readonly #fleet: () => Fleet;
  readonly #redactor: Redactor;
  readonly #refusals: Pick<PolicyRefusals, 'record'>;
  readonly #store: Pick<Store, 'recordFailure'>;
  readonly #server: ServerLookup;

  /** `fleet` is a function, because the fleet needs the domain to start. */
  constructor(
    fleet: () => Fleet,
    redactor: Redactor,
    refusals: Pick<PolicyRefusals, 'record'>,
    store: Pick<Store, 'recordFailure'>,
    server: ServerLookup,
  ) {
    this.#fleet = fleet;
    this.#redactor = redactor;
    this.#refusals = refusals;
    this.#store = store;
    this.#server = server;
  }

  agents(): readonly ConnectedAgent[] {
    return this.#fleet().agents();
  }

  agent(id: string): ConnectedAgent | undefined {
    return this.#fleet().agent(id);
  }

  execute(agentId: string, operation: Operation, options: CommandOptions): Promise<Reply> {
    return this.#send(agentId, operation, options, (given) => this.#fleet().execute(agentId, operation, given));
  }

  open(agentId: string, operation: Operation, options: CommandOptions): Promise<ByteStream> {
    return this.#send(agentId, operation, options, (given) => this.#fleet().open(agentId, operation, given));
  }

  disconnect(agentId: string, reason: string): void {
    this.#fleet().disconnect(agentId, reason);
  }

  /** Sends a command, with its own span if its trace is recorded. Every command of the hub passes here. */
  async #send<T>(
    agentId: string,
    operation: Operation,
    options: CommandOptions,
    send: (options: CommandOptions) => Promise<T>,
  ): Promise<T> {
    if (options.kind === 'once') checkAuditable(this.#store);
    const { signal } = options;
    try {
      const span = signal?.trace?.span;
      if (!signal || !span) return await send(options);
      const own = span.begin(`command ${operation.case}`, 'client', this.#attributes(agentId, operation));
      return await spanning(own, send({ ...options, signal: withTrace(signal, own) }), codeOf);
    } catch (error) {
      return this.#fail(agentId, operation, error);
    }
  }

  /** Ids and no names: the names of personal things are private. */
  #attributes(agentId: string, operation: Operation) {
    const attributes: Record<string, string> = {
      'roundhouse.command': String(operation.case),
      'roundhouse.agent.id': agentId,
    };
    const agent = this.agent(agentId);
    const server = serverOf(operation);
    const device = deviceOf(operation);
    const cluster = clusterOf(operation);
    if (agent) attributes['roundhouse.site'] = agent.site;
    if (server !== undefined) attributes['roundhouse.server.id'] = server;
    if (device !== undefined) attributes['roundhouse.device.id'] = device;
    if (cluster !== undefined) attributes['roundhouse.cluster.id'] = cluster;
    return attributes;
  }

  #fail(agentId: string, operation: Operation, error: unknown): never {
    // The hub sends commands for a device as reads first, to learn whether they change the device. This answer is no refusal.
    const asks = error instanceof DomainError && error.details.reason === 'change_not_allowed';
    if (error instanceof DomainError && error.code === 'refused' && !asks) {
      const reason = error.message;
      this.#refusals.record({ agentId, serverId: serverOf(operation), operation: operation.case, reason });
    }
    const secrets = this.#redactor.of(...scopesOf(agentId, operation, this.#server));
    throw secrets.except(givenBy(operation)).error(error);
  }
}

/**
 * The scopes of the secrets that an operation's texts may hold: those of the server, device, cluster or database that it is about. Any
 * other operation is about the agent, for example about its Docker Engine: its scope holds the secrets that callers gave to containers
 * there.
 */
function scopesOf(agentId: string, operation: Operation, serverById: ServerLookup): SecretScope[] {
  const server = serverOf(operation);
  if (server !== undefined) return secretScopes(serverById(server) ?? { id: server });
  return [deviceOf(operation) ?? clusterOf(operation) ?? databaseOf(operation) ?? agentId];
}

/** The values that the caller of an operation sent and that programs may echo. */
export function givenBy(operation: Operation): string {
  switch (operation.case) {
    case 'callTool': {
      const { tool, arguments: args, meta = '', more = '' } = operation.value;
      return [tool, args, meta, more].map(textOf).join('\n');
    }
    case 'mcpRequest':
      return [operation.value.params, operation.value.meta].map(textOf).join('\n');
    case 'runCommands':
      return operation.value.commands.map(({ text }) => text).join('\n');
    case 'execContainer':
    case 'execPod': {
      const { command, stdin = '' } = operation.value;
      return [...command, textOf(stdin)].join('\n');
    }
    case 'queryDatabase':
      return textOf(operation.value.values);
    default:
      return '';
  }
}

function textOf(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString();
}

/** The most bytes that are held back while a line has no end. */
const LONGEST_HELD = 256 * 1024;
/** The last bytes of a longer line are held back: a secret may go on in the next chunk. */
const OVERLAP = 16 * 1024;

/**
 * A stream of lines without the secrets in them. A chunk that ends with a line's end goes on at once, so that a followed log stays live.
 */
export function redactedStream(stream: ByteStream, redactor: Redactor): ByteStream {
  return {
    [Symbol.asyncIterator]: () => redacted(stream, redactor),
    cancel: (reason) => stream.cancel(reason),
  };
}

async function* redacted(stream: ByteStream, redactor: Redactor): AsyncGenerator<Uint8Array> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    const bytes =
      held.length > 0 ? Buffer.concat([held, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const { done, rest } = take(bytes, cutOf(bytes), redactor);
    // A copy, so that the rest of the chunk does not stay in memory.
    held = Buffer.from(rest);
    if (done.length > 0 || bytes.length === 0) yield done;
  }
  if (held.length > 0) yield take(held, held.length, redactor).done;
}

/** How many bytes may be passed on: up to the end of the last line, or most of a line that is too long to wait for. */
function cutOf(bytes: Buffer): number {
  const lines = bytes.lastIndexOf('\n') + 1;
  return lines === 0 && bytes.length > LONGEST_HELD ? bytes.length - OVERLAP : lines;
}

function take(bytes: Buffer, wanted: number, redactor: Redactor): { done: Buffer; rest: Buffer } {
  if (!redactor.touchesBytes(bytes)) return { done: bytes.subarray(0, wanted), rest: bytes.subarray(wanted) };
  const done: Buffer[] = [];
  let from = 0;
  let cut = wanted;
  // The text has one character for each byte, so that places in the text are places in the bytes.
  for (const { start, end } of redactor.find(bytes.toString('latin1'))) {
    if (start >= cut) break;
    if (end > cut) {
      cut = start;
      break;
    }
    done.push(bytes.subarray(from, start), Buffer.from(REDACTED));
    from = end;
  }
  return { done: Buffer.concat([...done, bytes.subarray(from, cut)]), rest: bytes.subarray(cut) };
}
