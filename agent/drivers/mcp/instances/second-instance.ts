import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { type ServerSpec, ServerSpecSchema } from '@roundhouse/proto/agent/v1/server';
import type { Logger } from 'pino';
import { AgentFailure } from '../../../failure.js';
import type { LogSink } from '../../logs/entry.js';
import type { StopOptions } from '../../process/group.js';
import type { OpeningContext } from '../connection/attempt.js';
import { handshake } from '../connection/handshake.js';
import { readParsed } from '../connection/results.js';
import { type ListedTool, listTools } from '../connection/tool-list.js';
import type { RequestOptions } from '../session/pending.js';
import { Session } from '../session/session.js';
import { checkSpec } from '../spec.js';
import { prepareTransport } from '../transports/prepare.js';
import type { Transport } from '../transports/transport.js';

/** How a second instance differs from its server, and who listens to it. */
export interface SecondInstanceOptions {
  /** Cancels the opening, and ends the started process. An open instance is ended by {@link SecondInstance.close} only. */
  readonly signal: AbortSignal;
  /** The version of the source to run. Default: the version that the server runs. */
  readonly version?: string | undefined;
  /** Variables that replace the registration's of the same name; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Arguments in place of the registration's. */
  readonly args?: readonly string[] | undefined;
  /** `false`: `initialize` is left to the caller. */
  readonly handshake?: boolean | undefined;
  /** The capabilities and the name of its client (JSON objects). Default: no capabilities, and the agent's name. */
  readonly capabilities?: string | undefined;
  readonly info?: string | undefined;
  /** A request of the server; see {@link SessionEvents.asked}. Default: all are declined. */
  readonly onAsked?: ((method: string, id: string, text: string) => boolean) | undefined;
  /** Every message as it came in, valid or not; progress and answers too. */
  readonly onMessage?: ((text: string) => void) | undefined;
  /** Every notification but progress; `text` is the whole message. */
  readonly onNotification?: ((method: string, params: unknown, text: string, told: boolean) => void) | undefined;
  /** Every line that a process prints to its standard error. */
  readonly onStderr?: ((line: string) => void) | undefined;
  /** Steps of the agent's own: an installation, a flood, a line that is no message. */
  readonly onRemark?: ((message: string) => void) | undefined;
  /** The instance ended by itself. */
  readonly onClosed?: ((reason: string) => void) | undefined;
}

/**
 * A second instance of a server. It is never reported as the server, and runs in an empty folder of its own that is deleted with it. If an
 * agent is killed, its next start ends the processes of the instance, as with every process.
 */
export interface SecondInstance {
  /** JSON-RPC with it: any request, with its options; messages of ids that it did not give out are strays. */
  readonly session: Session;
  /** Process id; 0 for none. */
  readonly pid: number;
  /** Its working folder (empty text for a remote server). */
  readonly folder: string;
  /** The version of its source; empty for none. */
  readonly version: string;
  /** The answer to `initialize` as it came (a JSON object); empty without a handshake. */
  readonly initializeResult: Uint8Array;
  /** From the start to the answer to `initialize` (without a handshake: to the open transport), milliseconds. */
  readonly startMs: number;
  /** Why it is over; `undefined` while it is not. */
  readonly ended: string | undefined;
  /** Resolves when nothing of it is left, after {@link SecondInstance.close}. */
  readonly gone: Promise<void>;
  /** Sends a request and resolves with its result. `params` defaults to `{}`. @throws AgentFailure; the server's error object is `details.jsonrpc`. */
  request(method: string, params?: object, options?: RequestOptions): Promise<unknown>;
  /** Sends one line as it is, message or not. It must not hold a line break. */
  send(text: string): void;
  /** Reads the tool list to its last page. */
  tools(signal?: AbortSignal): Promise<readonly ListedTool[]>;
  /** Ends the instance with everything that it started, and deletes its folder. Never fails: leftovers are logged. Safe to call twice. */
  close(options?: StopOptions): Promise<void>;
}

/** The folder of all second instances. Files that an earlier agent left there are useless. */
export function instancesFolder(dataDir: string): string {
  return join(dataDir, 'tmp', 'instances');
}

/**
 * Opens a second instance of a server. Remote servers get a second session.
 * @throws AgentFailure as for a connect, or the signal's reason.
 */
export async function openSecondInstance(
  spec: ServerSpec,
  context: OpeningContext,
  options: SecondInstanceOptions,
): Promise<SecondInstance> {
  const changed = changedSpec(spec, options);
  checkSpec(changed);
  await context.ready;
  const { signal } = options;
  const local = changed.transport.case === 'stdio';
  const holder = `${spec.id}/${randomUUID()}`;
  const folder = local ? join(instancesFolder(context.dataDir), holder.replace('/', '.')) : '';
  const giveBack = local ? await context.slots.take(signal, true) : () => {};
  let opened: Opened | undefined;
  try {
    if (local) await mkdir(folder, { recursive: true, mode: 0o700 });
    const { dataDir, sources, authorizations, limits } = context;
    const log = listening(options);
    const own = { holder, folder };
    const prepared = await prepareTransport(changed, { dataDir, sources, authorizations, log, limits, signal, own });
    opened = new Opened(prepared, context, options, own);
    await opened.open();
    return opened;
  } catch (error) {
    if (opened) await opened.close();
    else {
      context.sources.release(holder);
      if (local) await deleteFolder(folder, context.log);
    }
    throw error;
  } finally {
    giveBack();
  }
}

class Opened implements SecondInstance {
  readonly session: Session;
  readonly version: string;
  readonly folder: string;
  readonly #transport: Transport;
  readonly #holder: string;
  #initialize: Uint8Array = new Uint8Array();
  #startMs = 0;
  #ended: string | undefined;
  #closing: Promise<void> | undefined;
  #tellGone: () => void = () => {};
  readonly gone = new Promise<void>((resolve) => {
    this.#tellGone = resolve;
  });

  constructor(
    prepared: { readonly transport: Transport; readonly version: string },
    private readonly context: OpeningContext,
    private readonly options: SecondInstanceOptions,
    own: { readonly holder: string; readonly folder: string },
  ) {
    this.#transport = prepared.transport;
    this.version = prepared.version;
    this.folder = own.folder;
    this.#holder = own.holder;
    this.session = new Session(this.#transport, {
      notification: (method, params, text, told) => options.onNotification?.(method, params, text, told),
      asked: (method, id, text) => options.onAsked?.(method, id, text) ?? false,
      remark: (message) => options.onRemark?.(message),
    });
  }

  get pid(): number {
    return this.#transport.pid;
  }

  get initializeResult(): Uint8Array {
    return this.#initialize;
  }

  get startMs(): number {
    return this.#startMs;
  }

  get ended(): string | undefined {
    return this.#ended;
  }

  async open(): Promise<void> {
    const { signal, onMessage } = this.options;
    const { session } = this;
    const begin = performance.now();
    signal.throwIfAborted();
    // The failure reaches the code that waits for the end of the opening.
    const abandon = () => void this.#transport.close().catch(() => {});
    signal.addEventListener('abort', abandon, { once: true });
    const opened = this.#transport.open({
      message: (text, only, body) => {
        onMessage?.(body === undefined ? text : `${text} ${Buffer.from(body).toString()}`);
        return session.message(text, only, body);
      },
      failed: (id, failure) => session.fail(id, failure),
      waiting: (id) => session.waiting(id),
      expired: () => this.#shakeHands(),
      closed: (reason) => this.#lost(reason),
    });
    await opened.finally(() => signal.removeEventListener('abort', abandon));
    signal.throwIfAborted();
    if (this.options.handshake !== false) {
      await this.#shakeHands(signal);
      this.#transport.listen();
    }
    this.#startMs = Math.round(performance.now() - begin);
  }

  request(method: string, params: object = {}, options?: RequestOptions): Promise<unknown> {
    return this.session.request(method, JSON.stringify(params), readParsed, options);
  }

  send(text: string): void {
    void this.#transport.send(text);
  }

  async tools(signal?: AbortSignal): Promise<readonly ListedTool[]> {
    const remark = (message: string) => this.options.onRemark?.(message);
    const { tools } = await listTools(this.session, this.context.limits, remark, signal);
    return tools;
  }

  close(options?: StopOptions): Promise<void> {
    this.#end('the instance was ended');
    this.#closing ??= this.#close(options);
    // The second caller may be in more of a hurry.
    if (options?.force === true) this.#transport.close(options).catch(() => {});
    return this.#closing;
  }

  async #close(options?: StopOptions): Promise<void> {
    const { log, sources } = this.context;
    try {
      await this.#transport.close(options);
    } catch (err) {
      log.error({ err, holder: this.#holder }, 'an instance could not be ended cleanly');
    }
    if (this.folder !== '') await deleteFolder(this.folder, log);
    sources.release(this.#holder);
    this.#tellGone();
  }

  async #shakeHands(signal?: AbortSignal): Promise<void> {
    const { version, limits } = this.context;
    const { capabilities, info } = this.options;
    const client = { version, timeoutMs: limits.initializeMs, signal, capabilities, info };
    const { json } = await handshake(this.session, this.#transport, client);
    this.#initialize = json;
  }

  #lost(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#end(reason);
    this.options.onClosed?.(reason);
  }

  #end(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.session.close(new AgentFailure('disconnected', reason, { reason, outcome: 'unknown' }));
  }
}

function changedSpec(spec: ServerSpec, { version, env = {}, args }: SecondInstanceOptions): ServerSpec {
  const { transport } = spec;
  const changed = create(ServerSpecSchema, { ...spec, version: version ?? spec.version });
  if (transport.case !== 'stdio') return changed;
  const merged = Object.entries({ ...transport.value.env, ...env }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  changed.transport = {
    case: 'stdio',
    value: { ...transport.value, args: [...(args ?? transport.value.args)], env: Object.fromEntries(merged) },
  };
  return changed;
}

/** The log of an instance: its lines go to the caller that opened it, not to the server's log. */
function listening({ onStderr, onRemark }: SecondInstanceOptions): LogSink {
  return {
    append({ source, message }) {
      if (source === 'stderr') onStderr?.(message);
      else onRemark?.(message);
      return true;
    },
    drained: () => Promise.resolve(),
  };
}

/** The second instances of all servers. They end with the agent. */
export class SecondInstances {
  readonly #open = new Set<Promise<SecondInstance>>();
  readonly #closing = new AbortController();

  constructor(private readonly context: OpeningContext) {}

  /** See {@link openSecondInstance}. */
  open(spec: ServerSpec, options: SecondInstanceOptions): Promise<SecondInstance> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    const opening = openSecondInstance(spec, this.context, { ...options, signal });
    this.#open.add(opening);
    const forget = () => this.#open.delete(opening);
    opening.then((instance) => instance.gone.then(forget), forget);
    return opening;
  }

  /** Ends them all; resolves when nothing of them is left. */
  async close(): Promise<void> {
    this.#closing.abort(new AgentFailure('cancelled', 'the agent is stopping'));
    const ended = [...this.#open].map(async (opening) => (await opening.catch(() => undefined))?.close());
    await Promise.all(ended);
  }
}

const all = { recursive: true, force: true } as const;

/** Deletes a folder that a server wrote to, as far as it can be deleted. Never fails: what stays is logged. */
export async function deleteFolder(folder: string, log: Logger): Promise<void> {
  try {
    await rm(folder, all).catch(async () => {
      await empty(folder);
      await rm(folder, all);
    });
  } catch (err) {
    log.warn({ err, folder }, 'what a server left in a folder of its own could not be deleted');
  }
}

/** Deletes all that can be deleted in a folder, while `rm` stops at the first failure. A server may also leave read-only folders behind. */
async function empty(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => {});
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await empty(path);
    await (entry.isDirectory() ? rmdir(path) : unlink(path)).catch(() => {});
  }
}
