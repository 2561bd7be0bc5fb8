import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { type ServerSpec, ServerSpecSchema } from '@roundhouse/proto/agent/v1/server';
import type { Logger } from '@roundhouse/proto/log';
import { AgentFailure, refusedBySite } from '../../../failure.js';
import type { LogSink } from '../../logs/entry.js';
import type { StopOptions } from '../../process/group.js';
import type { Connection, ConnectionEvents } from '../connection/connection.js';
import { judgedSpec, type OpeningContext, openConnection } from '../connection/link.js';
import { readParsed } from '../connection/results.js';
import { resultBytes } from '../limits.js';
import type { RequestOptions } from '../session/pending.js';

/** How a second instance differs from its server, and its listeners. */
export interface SecondInstanceOptions extends Omit<ConnectionEvents, 'onTools' | 'onCall' | 'onNotice'> {
  /** Cancels the opening, and ends the started process. An open instance is ended by {@link SecondInstance.close} only. */
  readonly signal: AbortSignal;
  /** The version of the source to run. Default: the version that the server runs. */
  readonly version?: string | undefined;
  /** Variables that replace the registration's of the same name; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Arguments in place of the registration's. */
  readonly args?: readonly string[] | undefined;
  /** Every line that a process prints to its standard error. */
  readonly onStderr?: ((line: string) => void) | undefined;
  /** Notes of the agent: an installation, a flood, a line that is no message. */
  readonly onRemark?: ((message: string) => void) | undefined;
}

/**
 * A second instance of a server. It is never reported as the server, and runs in a new empty folder that is deleted with it. If an
 * agent is killed, its next start ends the processes of the instance, as with every process.
 */
export interface SecondInstance {
  readonly connection: Connection;
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
  /** Why the instance has ended; `undefined` while it runs. */
  readonly ended: string | undefined;
  /** Resolves when nothing is left of the instance, after {@link SecondInstance.close}. */
  readonly gone: Promise<void>;
  /** Sends a request and resolves with its result. `params` defaults to `{}`. @throws AgentFailure; the server's error object is `details.jsonrpc`. */
  request(method: string, params?: object, options?: RequestOptions): Promise<unknown>;
  /** Takes the limits of a specification that leads to the same connection. */
  limit(spec: ServerSpec): void;
  /**
   * Ends the instance with all its processes, and deletes its folder. Never fails: remaining files and processes are logged. Safe to call
   * twice.
   */
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
  const { signal } = options;
  const changed = changedSpec(spec, options);
  const local = changed.transport.case === 'stdio';
  const holder = `${spec.id}/${randomUUID()}`;
  const folder = local ? join(instancesFolder(context.dataDir), holder.replace('/', '.')) : '';
  const instance = new Instance(context, holder, folder);
  try {
    // The agent first deletes the files of an earlier agent, which would also delete this folder.
    await context.ready;
    if (local) await mkdir(folder, { recursive: true, mode: 0o700 });
    await openConnection(changed, context, {
      log: listening(options),
      urgent: true,
      own: { holder, folder },
      registration: spec,
      events: options,
      signal,
      made: (connection, version) => instance.made(connection, version),
    });
    instance.opened();
    return instance;
  } catch (error) {
    await instance.close();
    throw error;
  }
}

const ended = 'the instance was ended';

class Instance implements SecondInstance {
  version = '';
  startMs = 0;
  #connection: Connection | undefined;
  #madeAt = 0;
  #closing: Promise<void> | undefined;
  #tellGone: () => void = () => {};
  readonly gone = new Promise<void>((resolve) => {
    this.#tellGone = resolve;
  });

  constructor(
    private readonly context: OpeningContext,
    private readonly holder: string,
    readonly folder: string,
  ) {}

  get connection(): Connection {
    if (this.#connection === undefined) throw new Error('the instance has no connection yet');
    return this.#connection;
  }

  get pid(): number {
    return this.connection.pid;
  }

  get initializeResult(): Uint8Array {
    return this.connection.initializeResult;
  }

  get ended(): string | undefined {
    return this.connection.ended;
  }

  made(connection: Connection, version: string): void {
    this.#connection = connection;
    this.version = version;
    this.#madeAt = performance.now();
  }

  opened(): void {
    this.startMs = Math.round(performance.now() - this.#madeAt);
  }

  request(method: string, params: object = {}, options?: RequestOptions): Promise<unknown> {
    return this.connection.session.request(method, JSON.stringify(params), readParsed, options);
  }

  limit(spec: ServerSpec): void {
    this.connection.limitResults(resultBytes(spec, this.context.limits));
  }

  close(options?: StopOptions): Promise<void> {
    this.#closing ??= this.#close(options);
    // A second caller may force the end.
    if (options?.force === true) this.#connection?.close(ended, options).catch(() => {});
    return this.#closing;
  }

  async #close(options?: StopOptions): Promise<void> {
    const { log, sources } = this.context;
    try {
      await this.#connection?.close(ended, options);
    } catch (err) {
      log.error({ event: 'instance.not_ended', err, holder: this.holder }, 'an instance could not be ended cleanly');
    }
    if (this.folder !== '') await deleteFolder(this.folder, log);
    sources.release(this.holder);
    this.#tellGone();
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
    hide: (text) => text,
    drained: () => Promise.resolve(),
  };
}

/** The specification by which an instance is judged, and the signal that cancels its opening. */
interface Judged {
  readonly spec: ServerSpec;
  readonly refusal: AbortController;
}

/** The second instances of all servers. They end with the agent. */
export class SecondInstances {
  readonly #open = new Map<Promise<SecondInstance>, Judged>();
  readonly #closing = new AbortController();

  constructor(private readonly context: OpeningContext) {}

  /** See {@link openSecondInstance}. */
  open(spec: ServerSpec, options: SecondInstanceOptions): Promise<SecondInstance> {
    const refusal = new AbortController();
    const signal = AbortSignal.any([options.signal, this.#closing.signal, refusal.signal]);
    const opening = openSecondInstance(spec, this.context, { ...options, signal });
    this.#open.set(opening, { spec: judgedSpec(spec, options.version ?? spec.version), refusal });
    const forget = () => this.#open.delete(opening);
    opening.then((instance) => instance.gone.then(forget), forget);
    return opening;
  }

  /** Ends the instances that the site refuses now. Their listeners learn the reason. */
  endRefused(): void {
    for (const [opening, { spec, refusal }] of this.#open) {
      const reason = this.context.refused(spec);
      if (reason === undefined) continue;
      refusal.abort(refusedBySite(reason));
      const end = async (instance: SecondInstance): Promise<void> => {
        instance.connection.giveUp(`refused: ${reason}`);
        await instance.close();
      };
      // The caller learns of an opening that failed.
      opening.then(end, () => {});
    }
  }

  /** Ends all second instances; resolves when they have ended. */
  async close(): Promise<void> {
    this.#closing.abort(new AgentFailure('cancelled', 'the agent is stopping'));
    const ended = [...this.#open.keys()].map(async (opening) => (await opening.catch(() => undefined))?.close());
    await Promise.all(ended);
  }
}

const all = { recursive: true, force: true } as const;

/** Deletes a folder that a server wrote to, as far as it can be deleted. Never fails: the log names the rest. */
export async function deleteFolder(folder: string, log: Logger): Promise<void> {
  try {
    await rm(folder, all).catch(async () => {
      await empty(folder);
      await rm(folder, all);
    });
  } catch (err) {
    log.warn({ event: 'instance.folder_not_deleted', err, folder }, "a server's own folder could not be deleted");
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
