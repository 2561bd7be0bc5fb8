import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { AgentFailure } from '../../../failure.js';
import { readParsed } from '../../mcp/connection/results.js';
import type { SecondInstance, SecondInstanceOptions } from '../../mcp/instances/second-instance.js';
import { Finding } from '../recorder.js';
import { blanked } from './canaries.js';
import { EchoWatch } from './echo.js';
import { canaryFile } from './payloads.js';

/** Opens a second instance, or a second session, of the running server; see `openSecondInstance`. */
export type Open = (options: SecondInstanceOptions) => Promise<SecondInstance>;

/** Messages and lines kept for a trace, and characters of each. */
const kept = { lines: 8, characters: 400 } as const;
/** After this many deaths no other instance is started. */
const mostDeaths = 12;
/** Milliseconds. */
const answerMs = 10_000;

/** An error that the server answered with. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
}

/** The server's answer: a result, or its own error. */
export type Reply =
  | { readonly result: unknown; readonly error?: undefined }
  | { readonly error: RpcError; readonly result?: undefined };

/** The server under test: a second instance with blanked credentials, or a session with a remote server. */
export class Subject {
  /** Whether it is a process of the agent, which may be called and may die. */
  readonly own: boolean;
  readonly blanked: readonly string[];
  readonly watch: EchoWatch;
  /** Called with the name of the running test. */
  during = '';
  deaths = 0;
  version = '';
  startMs = 0;
  #peer: SecondInstance | undefined;
  readonly #spec: ServerSpec;
  #outside: string | undefined;
  #home = '';
  readonly #lines: string[] = [];
  readonly #original: ServerSpec;

  constructor(
    spec: ServerSpec,
    private readonly open: Open,
    private readonly dataDir: string,
    private readonly signal: AbortSignal,
  ) {
    const { spec: changed, canaries } = blanked(spec);
    this.#original = spec;
    this.#spec = changed;
    this.own = spec.transport.case === 'stdio';
    this.watch = new EchoWatch(canaries);
    this.blanked = [...new Set(canaries.map(({ name }) => name))].sort();
  }

  /** The last messages, oldest first. */
  get trace(): string {
    return this.#lines.join('\n');
  }

  /** A file that the server must not read; `undefined` if its registration allows every path. */
  get outside(): string | undefined {
    return this.#outside;
  }

  /** The initialized instance; a new one if the last one has ended. @throws AgentFailure if it does not start. */
  async peer(): Promise<SecondInstance> {
    if (this.#peer !== undefined && this.#peer.ended === undefined) return this.#peer;
    if (this.#peer !== undefined) {
      this.deaths += 1;
      await this.#peer.close({ force: true });
      this.#peer = undefined;
      if (this.deaths >= mostDeaths)
        throw new AgentFailure('upstream', `the instance died ${this.deaths} times; it is not started again`);
    }
    this.#peer = await this.another();
    this.version = this.#peer.version;
    this.startMs ||= this.#peer.startMs;
    return this.#peer;
  }

  /** Opens one more instance. The caller closes it. */
  another({ handshake = true } = {}): Promise<SecondInstance> {
    const { transport } = this.#spec;
    const { args, env } = transport.case === 'stdio' ? transport.value : { args: undefined, env: {} };
    return this.open({
      signal: this.signal,
      handshake,
      args,
      // A test must not use the home folder of the agent's user.
      env: { HOME: this.#home, ...env },
      onMessage: (text) => {
        this.watch.heard(text, 'a message', this.during);
        this.#note('<-', text);
      },
      onStderr: (line) => {
        this.watch.heard(line, 'its standard error', this.during);
        this.#note('!!', line);
      },
      onClosed: (reason) => this.#note('xx', reason),
    });
  }

  /** Makes the files outside the instance that the tests need. */
  async prepare(): Promise<void> {
    if (!this.own) return;
    const folder = join(this.dataDir, 'tmp');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    this.#home = await mkdtemp(join(folder, 'suite-home-'));
    for (const place of [folder, tmpdir()]) {
      if (namedPaths(this.#original).some((named) => contains(named, place))) continue;
      this.#outside = join(await mkdtemp(join(place, 'suite-outside-')), 'canary.txt');
      await writeFile(this.#outside, `${canaryFile.content}\n`, { mode: 0o600 });
      return;
    }
  }

  /**
   * Sends a request to the server. Its own error is an answer, too.
   * @throws AgentFailure `timeout`, `disconnected`; Finding for an invalid answer.
   */
  async ask(method: string, params: object | string = {}, timeoutMs = answerMs): Promise<Reply> {
    const peer = await this.peer();
    return this.askAt(peer, method, params, timeoutMs);
  }

  /** Sends a request to a given instance. */
  async askAt(
    peer: SecondInstance,
    method: string,
    params: object | string = {},
    timeoutMs = answerMs,
    handshake = false,
  ): Promise<Reply> {
    const text = typeof params === 'string' ? params : JSON.stringify(params);
    this.#note('->', `${method} ${text}`);
    try {
      const options = { timeoutMs, signal: this.signal, handshake };
      return { result: await peer.connection.session.request(method, text, readParsed, options) };
    } catch (error) {
      const told = error instanceof AgentFailure ? error.details.jsonrpc : undefined;
      if (told === undefined) throw error;
      return { error: told as RpcError };
    }
  }

  /** The result of a request. @throws Finding if the server answers with an error. */
  async result(method: string, params: object | string = {}, timeoutMs = answerMs): Promise<unknown> {
    const { result, error } = await this.ask(method, params, timeoutMs);
    if (error) throw new Finding(`'${method}' was answered with error ${error.code}: ${error.message}`);
    return result;
  }

  /** Ends the instance. The next test gets a new one. */
  async restart(): Promise<void> {
    await this.#peer?.close();
    this.#peer = undefined;
  }

  /** Checks that the server still answers. @throws AgentFailure if it does not. */
  async alive(): Promise<void> {
    await this.ask('ping', {});
  }

  /** Why the instance has ended; `undefined` while it runs. */
  get ended(): string | undefined {
    return this.#peer?.ended;
  }

  get folder(): string {
    return this.#peer?.folder ?? '';
  }

  get pid(): number {
    return this.#peer?.pid ?? 0;
  }

  async close(): Promise<void> {
    await this.#peer?.close({ timeoutMs: 1000 });
    const folders = [this.#home, ...(this.#outside === undefined ? [] : [resolve(this.#outside, '..')])];
    for (const folder of folders) if (folder !== '') await rm(folder, { recursive: true, force: true });
  }

  #note(sign: string, text: string): void {
    const { lines, characters } = kept;
    const more = text.length > characters ? ` … [${text.length} characters]` : '';
    // The search for secrets comes before the cut: it does not find a part of a secret.
    this.#lines.push(`${sign} ${this.watch.hide(text).slice(0, characters)}${more}`);
    if (this.#lines.length > lines) this.#lines.shift();
  }
}

/** The folders and files that a registration names. */
function namedPaths({ transport }: ServerSpec): string[] {
  if (transport.case !== 'stdio') return [];
  const { args, env } = transport.value;
  const texts = [...args, ...Object.values(env)].flatMap((text) => [text, text.slice(text.indexOf('=') + 1)]);
  return texts.flatMap((text) => text.split(/[:,;]/)).filter((text) => text.startsWith('/'));
}

function contains(folder: string, path: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way === '' || !way.startsWith('..');
}
