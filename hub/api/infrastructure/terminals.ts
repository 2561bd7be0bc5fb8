import { Type } from 'typebox';
import type { Caller } from '../../domain/access/caller.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError, invalid } from '../../domain/errors.js';
import { isoTime } from '../../domain/moments.js';
import type { Terminal, TerminalOutput, Terminals } from '../../domain/terminals/terminals.js';
import { type Message, parseMessage, shownError } from '../../http/websocket/conversation.js';
import { closings, type Dialect, type SocketSession, type SocketSink } from '../../http/websocket/dialect.js';
import { closingFor } from '../../http/websocket/socket.js';
import { Arguments, Time } from '../shared/values.js';
import { infrastructureEnvelope } from './envelope.js';

/** The path of WebSockets with the ticket of a terminal. */
export const TERMINALS_PATH = '/terminals/ws';

/** The default program of a terminal. Every common image with a shell has it. */
export const SHELL = ['/bin/sh'];

export const TERMINAL =
  'The answer is a ticket for one terminal. A WebSocket brings the ticket within 30 seconds, and gets the terminal; the guide "Terminals" has its messages.';

export const TerminalCommand = Type.Optional(
  Arguments({
    minItems: 1,
    description: 'The program and its arguments; no shell reads them; default: `/bin/sh`',
  }),
);

export const TerminalTicket = Type.Object(
  {
    ticket: Type.String({ description: 'Good for one terminal' }),
    expires_at: Time,
    path: Type.String({ description: `Of the WebSocket, below the address of the hub: \`${TERMINALS_PATH}\`` }),
  },
  { title: 'TerminalTicket' },
);

export function renderTicket({ ticket, expiresAt }: { readonly ticket: string; readonly expiresAt: number }) {
  return { ticket, expires_at: isoTime(expiresAt), path: TERMINALS_PATH };
}

/**
 * A person's terminal. The reference document has none. All messages are JSON objects with a `type`; `docs/guides/terminals.md` describes them.
 *
 * - `{type: 'open', ticket, columns, rows, window}` comes first, within 10 s, and is answered `{type: 'opened'}`.
 * - With `window` the hub sends at most this many characters of output before its client sends `{type: 'read', characters}`. A browser keeps
 *   everything that arrives in its memory, so without this a slow page would fall further and further behind.
 * - `{type: 'input', data}` is typed text, `{type: 'resize', columns, rows}` sets the size, `{type: 'ping'}` is answered `{type: 'pong'}`.
 * - The hub sends `{type: 'output', data}`, no faster than its client reads, and last `{type: 'exit', exit_code}`; then it closes with 1000 `ended`.
 * - A refused message is answered `{type: 'error', error: {code, message, details}}`. If the terminal cannot be opened, or ends
 *   without an exit code, the hub closes after that, with the codes of the other WebSockets.
 */
export function terminalDialect({ terminals }: Pick<Domain, 'terminals'>): Dialect {
  return {
    permission: null,
    // A person types and reads at the same time.
    messagesPerSecond: 200,
    headers: {},
    open: (socket) => new TerminalSession(terminals, socket),
    failure: infrastructureEnvelope.failure,
  };
}

class TerminalSession implements SocketSession {
  caller: Caller | null = null;
  readonly #terminals: Terminals;
  readonly #socket: SocketSink;
  #terminal: Terminal | undefined;
  #isOver = false;
  /** Whether the socket has no room for further messages. */
  #isBlocked = false;
  #window = Number.POSITIVE_INFINITY;
  /** Characters of output that the client has not read. */
  #ahead = 0;
  #goOn: (() => void) | undefined;

  constructor(terminals: Terminals, socket: SocketSink) {
    this.#terminals = terminals;
    this.#socket = socket;
  }

  message(text: string): void {
    try {
      const message = parseMessage(text);
      if (message.type === 'ping') this.#send({ type: 'pong' });
      else if (message.type === 'open') this.#open(message);
      else if (this.caller === null)
        throw new DomainError('unauthenticated', "Send {type: 'open', ticket, columns, rows} first");
      else this.#take(message);
    } catch (error) {
      this.#tell(error);
      if (this.caller === null) this.#socket.close(...closingFor(error));
    }
  }

  drained(): void {
    this.#isBlocked = false;
    this.#goOn?.();
  }

  ended(): void {
    this.#isOver = true;
    this.#goOn?.();
    this.#terminal?.close('the client left');
  }

  #open({ ticket, columns, rows, window }: Message): void {
    if (this.caller !== null) throw new DomainError('conflict', 'The WebSocket has its terminal already');
    if (typeof ticket !== 'string') throw invalid('ticket', 'must be the ticket of a terminal');
    if (window !== undefined) this.#window = charactersOf('window', window);
    const { caller, open } = this.#terminals.redeem(ticket);
    this.#socket.adopt(caller);
    this.caller = caller;
    this.#show(open({ columns: numberOf(columns), rows: numberOf(rows) })).catch((error: unknown) => {
      this.#tell(error);
      this.#socket.close(...closingFor(error));
    });
  }

  #take(message: Message): void {
    const { type, data, columns, rows, characters } = message;
    if (type === 'read') {
      this.#ahead = Math.max(0, this.#ahead - charactersOf('characters', characters));
      this.#goOn?.();
      return;
    }
    const terminal = this.#terminal;
    if (!terminal) throw new DomainError('conflict', "The terminal is not open yet: wait for {type: 'opened'}");
    if (type === 'resize') terminal.resize({ columns: numberOf(columns), rows: numberOf(rows) });
    else if (type !== 'input') throw invalid('type', 'must be open, input, resize, read or ping');
    else if (typeof data !== 'string') throw invalid('data', 'must be a text');
    else terminal.write(data);
  }

  async #show(opening: Promise<Terminal>): Promise<void> {
    const terminal = await opening;
    this.#terminal = terminal;
    if (this.#isOver) terminal.close('the client left');
    else this.#send({ type: 'opened' });
    for await (const output of terminal.output()) {
      if (this.#isOver) return;
      this.#isBlocked = !this.#send(rendered(output));
      if (output.type === 'output') this.#ahead += output.data.length;
      while (!this.#isOver && (this.#isBlocked || this.#ahead >= this.#window)) await this.#change();
    }
    this.#socket.close(...closings.ended);
  }

  /** Resolves when the client has read more, or is gone. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  #send(message: object): boolean {
    return this.#socket.send(JSON.stringify(message));
  }

  #tell(error: unknown): void {
    if (this.#isOver) return;
    this.#send({ type: 'error', error: shownError(this.#socket, infrastructureEnvelope.failure, error) });
  }
}

function rendered(output: TerminalOutput): object {
  return output.type === 'exit' ? { type: 'exit', exit_code: output.exitCode } : output;
}

/** @throws DomainError `invalid_input` */
function charactersOf(field: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw invalid(field, 'must be a whole number from 1');
  return value as number;
}

/** A number for the domain to check. */
function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}
