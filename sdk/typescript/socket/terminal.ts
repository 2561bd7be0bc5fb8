import { failureIn, RoundhouseError } from '../core/errors.js';
import { findWebSocket, type WebSocketConstructor, type WebSocketLike } from './web-socket.js';

/** The answer to `openPodTerminal` and `openContainerTerminal`. */
export interface TerminalTicket {
  readonly ticket: string;
  readonly path: string;
}

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  /** Gets the output, with its control characters. While its promise is pending, the hub holds further output back. */
  readonly onOutput: (text: string) => void | Promise<void>;
  /** Closes the terminal. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a terminal is opened. */
export interface TerminalParts {
  readonly baseUrl: string;
  readonly WebSocket: WebSocketConstructor | undefined;
}

/** Output that the hub sends ahead, characters; the hub learns of each quarter that was read. */
const WINDOW = 512 * 1024;
/** Input gathers for so long, milliseconds: a fast typist sends far fewer messages than the hub allows. */
const GATHER_MS = 20;
/** The hub takes messages of 16 KiB. A character of the input has 6 bytes at most in JSON. */
const pieces = /[\s\S]{1,2048}/gu;
const OPEN_WITHIN_MS = 60_000;

/** A terminal in a pod or a container. {@link openTerminal} opens it. */
export class Terminal {
  /** Resolves with the exit code of the program. Rejects with a RoundhouseError if the terminal ends without one. */
  readonly ended: Promise<number>;
  readonly #socket: WebSocketLike;
  readonly #onOutput: TerminalOptions['onOutput'];
  #input = '';
  #read = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failure: RoundhouseError | undefined;
  #printed: Promise<void> = Promise.resolve();

  /** @param opened is called once the program can be typed to */
  constructor(socket: WebSocketLike, ticket: string, { columns, rows, onOutput }: TerminalOptions, opened: () => void) {
    this.#socket = socket;
    this.#onOutput = onOutput;
    let exitCode: number | undefined;
    socket.onopen = () => this.#send({ type: 'open', ticket, columns, rows, window: WINDOW });
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as { readonly type: string; readonly [name: string]: unknown };
      if (message.type === 'opened') opened();
      else if (message.type === 'output') this.#print(String(message.data));
      else if (message.type === 'exit') exitCode = Number(message.exit_code);
      else if (message.type === 'error') this.#failure = errorIn(message);
    };
    this.ended = new Promise((resolve, reject) => {
      socket.onclose = ({ code, reason }) => {
        clearTimeout(this.#timer);
        const failure = this.#failure ?? closedError(code, reason);
        void this.#printed.then(() => (exitCode === undefined ? reject(failure) : resolve(exitCode)));
      };
    });
    // The close that follows says all there is to say.
    socket.onerror = () => {};
  }

  /** Types. */
  write(text: string): void {
    this.#input += text;
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  resize(columns: number, rows: number): void {
    this.#flush();
    this.#send({ type: 'resize', columns, rows });
  }

  /** Ends the program and the connection. */
  close(): void {
    this.#flush();
    this.#failure ??= closedError(1000, 'closed');
    this.#socket.close(1000, 'closed');
  }

  #print(text: string): void {
    this.#printed = this.#printed
      .then(() => this.#onOutput(text))
      .then(() => {
        this.#read += text.length;
        if (this.#read < WINDOW / 4) return;
        this.#send({ type: 'read', characters: this.#read });
        this.#read = 0;
      })
      .catch((cause: unknown) => {
        this.#failure ??= new RoundhouseError({ ...closed, code: 'STREAM_CLOSED', message: 'onOutput failed', cause });
        this.#socket.close(1000, 'closed');
      });
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const input = this.#input;
    this.#input = '';
    for (const data of input.match(pieces) ?? []) this.#send({ type: 'input', data });
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }
}

/**
 * Opens the terminal of a ticket. Resolves once its program runs.
 * @throws RoundhouseError the refusal of the hub, the cluster, the engine or the site
 */
export async function openTerminal(
  { baseUrl, WebSocket }: TerminalParts,
  { ticket, path }: TerminalTicket,
  options: TerminalOptions,
): Promise<Terminal> {
  const Socket = await findWebSocket(WebSocket);
  options.signal?.throwIfAborted();
  const socket = new Socket(baseUrl.replace(/^http/, 'ws') + path);
  return new Promise((resolve, reject) => {
    const terminal = new Terminal(socket, ticket, options, () => {
      clearTimeout(timer);
      resolve(terminal);
    });
    const close = () => terminal.close();
    const timer = setTimeout(close, OPEN_WITHIN_MS);
    options.signal?.addEventListener('abort', close, { once: true });
    const over = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', close);
    };
    terminal.ended.then(over, (error: unknown) => {
      over();
      reject(error);
    });
  });
}

const closed = { status: 0, details: {}, operation: 'terminal' };

function closedError(code: number, reason: string): RoundhouseError {
  const message = `The hub closed the terminal: ${code} ${reason}`.trim();
  return new RoundhouseError({ ...closed, code: 'STREAM_CLOSED', message, details: { code, reason } });
}

function errorIn(message: Readonly<Record<string, unknown>>): RoundhouseError {
  const { code = 'INTERNAL_ERROR', message: text = 'The hub refused the message', details = {} } = failureIn(message);
  return new RoundhouseError({ ...closed, code, message: text, details });
}
