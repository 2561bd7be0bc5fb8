import { mkdir } from 'node:fs/promises';
import { AgentFailure } from '../../../failure.js';
import type { LogSink } from '../../logs/entry.js';
import { serverEnvironment } from '../../process/environment.js';
import { ProcessGroup, type StdioChild, type StdioEnd, type StopOptions } from '../../process/group.js';
import { LineSplitter } from '../../process/lines.js';
import type { McpLimits } from '../limits.js';
import { beginning, secretMargin } from '../redact.js';
import { type CarrierEvents, inOrder, overlongRequestId, ReadThrottle } from './in-order.js';
import { PacedReader } from './paced-reader.js';
import type { SendOptions, Transport, TransportEvents } from './transport.js';
import type { UnfinishedMessage } from './unfinished.js';

/** Of a line of standard error so much is shown, characters. It fits into a log entry together with the mark. */
const shownOfLine = 32_768;
/** A line of standard error longer than this is cut, bytes. */
const stderrLineBytes = shownOfLine + secretMargin;
/** Of a line that stands in an error so much is shown, characters. */
const shownOfCause = 500;

/** How much of an overlong message is kept, to find the request that it answers, bytes. */
const overlongKeep = 4096;

/** MCP over the standard input and output of a process or a container: one JSON message for each line. */
export class StdioTransport implements Transport {
  #child: StdioChild | undefined;
  #opening: Promise<StdioChild> | undefined;
  #events: CarrierEvents | undefined;
  #out = '';
  #flushing = false;
  #heard = false;
  #noise = 0;
  #firstNoise = '';
  #noiseTimer: NodeJS.Timeout | undefined;
  readonly #cause = new ExitReason();
  #closing: Promise<void> | undefined;
  #draining: Promise<void> | undefined;
  readonly #throttle = new ReadThrottle();

  constructor(
    /** Starts the process. Throws AgentFailure `upstream`. */
    private readonly start: () => Promise<StdioChild>,
    private readonly log: LogSink,
    private readonly limits: McpLimits,
    private readonly unfinished: () => UnfinishedMessage,
  ) {}

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get containerId(): string {
    return this.#child?.id ?? '';
  }

  async open(events: TransportEvents): Promise<void> {
    this.#opening = this.start();
    const child = await this.#opening;
    this.#child = child;
    if (this.#closing !== undefined) {
      await child.stop();
      throw new AgentFailure('cancelled', 'the server was stopped while it started');
    }
    this.#events = inOrder(events, (ms) => this.hold(ms));
    const messages = this.#readMessages(child);
    const errors = this.#readErrors(child);
    child.stdin.on('error', () => {
      // The exit that follows reports the end. This timer is for a server that goes on without its input.
      setTimeout(() => this.#ended('the server closed its standard input'), 1000).unref();
    });
    void child.exited.then((exit) =>
      messages.whenRead(() => errors.whenRead(() => this.#ended(this.#exitReason(exit), exit.code === 0))),
    );
  }

  send(text: string, options: SendOptions = {}): Promise<void> | undefined {
    const child = this.#child;
    if (child === undefined || this.#events === undefined) return undefined;
    if (child.stdin.writableLength > this.limits.unsentBytes) {
      const failure = new AgentFailure('overloaded', 'the server does not read its input', { retryAfterMs: 1000 });
      if (options.id !== undefined) this.#events.failed(options.id, failure);
      return undefined;
    }
    this.#out += `${text}\n`;
    this.#flush(child);
    return options.id === undefined && child.stdin.writableNeedDrain ? this.#drained(child) : undefined;
  }

  #flush(child: StdioChild): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // Requests that are made in one turn of the event loop go out in one write.
    process.nextTick(() => {
      const out = this.#out;
      this.#out = '';
      this.#flushing = false;
      if (child.stdin.writable) child.stdin.write(out);
    });
  }

  /** Resolves when the server has read all messages, or its input has closed. All callers share one promise. */
  #drained({ stdin }: StdioChild): Promise<void> {
    this.#draining ??= new Promise<void>((resolve) => {
      const end = () => {
        stdin.off('drain', end).off('close', end);
        this.#draining = undefined;
        resolve();
      };
      stdin.on('drain', end).on('close', end);
    });
    return this.#draining;
  }

  release(): void {
    // The answer may still come; the session ignores it.
  }

  negotiated(): void {}

  listen(): void {}

  hold(ms: number): void {
    this.#throttle.hold(ms);
  }

  close(options?: StopOptions): Promise<void> {
    this.#events = undefined;
    clearTimeout(this.#noiseTimer);
    this.#throttle.release();
    const stopped = this.#child?.stop(options) ?? this.#abandoned(options);
    this.#closing ??= stopped;
    return this.#closing;
  }

  /** Ends a process that is being started as soon as it exists. */
  async #abandoned(options?: StopOptions): Promise<void> {
    const child = await this.#opening?.catch(() => undefined);
    await child?.stop(options);
  }

  #readMessages(child: StdioChild): PacedReader {
    const unfinished = this.unfinished();
    const splitter = new LineSplitter(this.limits.messageBytes, overlongKeep, {
      mayHold: (bytes) => unfinished.keeps(bytes),
      line: (text) => {
        const isMessage = this.#events?.message(text);
        if (isMessage instanceof Promise) void isMessage.then((is) => this.#judge(text, is));
        else this.#judge(text, isMessage);
      },
      empty: () => this.#throttle.useless(1),
      overlong: (head, tail, bytes) => this.#overlong(overlongRequestId(head, tail), bytes),
    });
    const reader = new PacedReader(
      child.stdout,
      (chunk) => splitter.steps(chunk),
      () => this.#throttle.apply(child.stdout),
    );
    child.stdout.once('close', () => reader.whenRead(() => unfinished.end()));
    child.stdout.on('end', () => {
      reader.whenRead(() => splitter.end());
      // A server may close its output shortly before it ends. Its exit then gives a better reason.
      setTimeout(() => this.#ended('the server closed its standard output'), 1000).unref();
    });
    return reader;
  }

  #readErrors(child: StdioChild): PacedReader {
    const keep = (message: string) => {
      this.#cause.take(message);
      if (this.log.append({ level: 'info', source: 'stderr', message })) return;
      // The disk is slower than the server: let the server wait.
      child.stderr.pause();
      void this.log.drained().then(() => child.stderr.resume());
    };
    const splitter = new LineSplitter(stderrLineBytes, stderrLineBytes, {
      line: keep,
      overlong: (head, _tail, bytes) =>
        keep(`${beginning(this.log.hide, head, shownOfLine, true)} … [line cut: ${bytes} bytes]`),
    });
    const reader = new PacedReader(child.stderr, (chunk) => splitter.steps(chunk));
    child.stderr.on('end', () => reader.whenRead(() => splitter.end()));
    return reader;
  }

  #judge(line: string, isMessage: boolean | undefined): void {
    if (isMessage === false) this.#noisy(line);
    else this.#heard = true;
  }

  /** Keeps a line that is no message in the log. A server that never prints anything else is ended. */
  #noisy(line: string): void {
    if (!this.#throttle.held)
      this.log.append({ level: 'warning', source: 'mcp', message: `not an MCP message: ${line}` });
    if (this.#heard || this.#events === undefined) return;
    if (this.#noise++ === 0) {
      this.#firstNoise = beginning(this.log.hide, line, 200);
      this.#noiseTimer = setTimeout(() => this.#giveUp(), this.limits.noiseMs).unref();
    }
    if (this.#noise >= this.limits.noiseLines) this.#giveUp();
  }

  #giveUp(): void {
    if (!this.#heard) this.#ended(`the server prints text that is no MCP message: ${this.#firstNoise}`);
  }

  #overlong(id: number | undefined, bytes: number): void {
    const { messageBytes } = this.limits;
    const limit = bytes > messageBytes ? `the limit is ${messageBytes}` : 'there was no room for it at the agent';
    const reason = `the server sent a message of ${bytes} bytes; ${limit}`;
    this.log.append({ level: 'error', source: 'agent', message: reason });
    if (id !== undefined && this.#events?.waiting(id) === true) {
      this.#events.failed(id, new AgentFailure('upstream', reason, { reason }));
    } else {
      this.#ended(reason);
    }
  }

  #ended(reason: string, clean = false): void {
    const events = this.#events;
    if (events === undefined) return;
    this.#events = undefined;
    clearTimeout(this.#noiseTimer);
    events.closed(reason, clean);
  }

  #exitReason({ code, signal, reason }: StdioEnd): string {
    const how = `the server ${signal === null ? `exited with code ${code}` : `was ended by ${signal}`}`;
    const last = this.#cause.line || this.#firstNoise;
    return `${reason ?? how}${last === '' ? '' : `: ${beginning(this.log.hide, last, shownOfCause)}`}`;
  }
}

/** A process to be run, sources resolved. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** The server's own variables; a small safe base is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Made if it does not exist. */
  readonly cwd: string;
  /** The server's id. */
  readonly label: string;
}

/** Starts a launch. The returned promise rejects with AgentFailure `upstream`. */
export function launcher({ command, args, env, cwd, label }: Launch): () => Promise<StdioChild> {
  return async () => {
    await mkdir(cwd, { recursive: true, mode: 0o700 });
    return ProcessGroup.start(command, args, { cwd, label, env: serverEnvironment(env) }).catch((error) => {
      throw startFailure(command, error);
    });
  };
}

function startFailure(command: string, error: NodeJS.ErrnoException): AgentFailure {
  const reasons: Record<string, string> = {
    ENOENT: 'was not found',
    EACCES: 'may not be executed',
    ENOEXEC: 'is no program',
    E2BIG: 'has too many arguments or variables',
    EMFILE: 'cannot be started: the agent has no file descriptors left (`ulimit -n` sets how many it has)',
  };
  const reason = reasons[error.code ?? ''] ?? `cannot be started (${error.code ?? error.message})`;
  return new AgentFailure('upstream', `the command '${command}' ${reason}`, { reason });
}

/** Lines around the line with the reason: stack frames, parts of an object, additions of a runtime. */
const aside = /^(?:\s|$|[{}^\]]|Node\.js v\d|Require stack:|- |note: run with |exit status \d)/;
/** After these words, Go prints only the place of the error. */
const last = /^(?:panic|fatal error): /;

/** Finds the line of a process's standard error that tells why the process ended. */
export class ExitReason {
  #line = '';
  #isFinal = false;

  /** Empty if the process printed nothing. */
  get line(): string {
    return this.#line;
  }

  take(line: string): void {
    if (this.#isFinal || (this.#line !== '' && aside.test(line))) return;
    this.#line = line;
    this.#isFinal = last.test(line);
  }
}
