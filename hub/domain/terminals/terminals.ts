import type { Caller, RequestOrigin } from '../access/caller.js';
import { type Asked, jsonLines, unreadable } from '../agents/answer.js';
import type { ByteStream, Fleet, Operation } from '../agents/fleet.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import { oneOf, optional, type Shape } from '../agents/shape.js';
import { type AuditEntry, auditWrite } from '../audit/audit.js';
import { DomainError, invalid } from '../errors.js';
import { newId } from '../ids.js';
import type { Identity } from '../people/identity.js';
import { Tickets } from '../people/sign-in/tickets.js';
import type { Store } from '../store.js';

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The program that a terminal is for, and the right to run it. */
export interface TerminalTarget {
  readonly agentId: string;
  readonly operation: Operation['case'];
  /** For the audit log; its type is the first word of the action. */
  readonly resource: NonNullable<AuditEntry['resource']>;
  readonly details: Readonly<Record<string, unknown>>;
  /** @throws DomainError if the caller may not use the terminal. */
  check(caller: Caller): void;
  /** Has the agent run the program. The stream's lines are those of `terminal.proto`. @throws DomainError */
  open(terminal: { readonly id: string; readonly size: TerminalSize }, caller: Caller): Promise<ByteStream>;
}

/** Output of a program, or its end, which comes last. */
export type TerminalOutput =
  | { readonly type: 'output'; readonly data: string }
  | { readonly type: 'exit'; readonly exitCode: number };

interface Line {
  readonly type: 'output' | 'exit';
  readonly data?: string;
  readonly exitCode?: number;
}

const line: Shape<Line> = {
  type: oneOf('output', 'exit'),
  data: optional('document'),
  exitCode: optional('number'),
};

/** The longest time limit of the contract, 49 days: no terminal lasts so long. */
export const ENDLESS_MS = 2 ** 32 - 1;
const MOST_CELLS = 1000;
/** The largest piece of input, bytes; see `WriteTerminal`. */
const MOST_PIECE = 64 * 1024;
/** The most input that waits for the agent, bytes. */
const MOST_INPUT = 256 * 1024;
/** How long an agent may take to pass on a piece of input, milliseconds: a program may not read for a while. */
const WRITE_MS = 600_000;
const RESIZE_MS = 30_000;

interface TerminalParts {
  readonly store: Pick<Store, 'apply'>;
  readonly identity: Pick<Identity, 'recheck'>;
  readonly fleet: () => Fleet;
  readonly streams: GuardedStreams;
  readonly onError: (error: unknown) => void;
}

/**
 * Terminals of people in pods and containers. A request, which is checked and limited like every other, gives a ticket. The first WebSocket
 * with the ticket gets the terminal. A terminal ends with its WebSocket, with its program, and as soon as its caller loses the right to it.
 */
export class Terminals {
  readonly #parts: TerminalParts;
  readonly #tickets = new Tickets<{ readonly origin: RequestOrigin; readonly target: TerminalTarget }>();

  constructor(parts: TerminalParts) {
    this.#parts = parts;
  }

  /** A ticket for one terminal. @throws DomainError `rate_limited` where too many wait */
  ticket(caller: Caller, origin: RequestOrigin, target: TerminalTarget): ReturnType<Tickets<never>['issue']> {
    return this.#tickets.issue(caller, { origin, target });
  }

  /**
   * Uses a ticket up.
   * @returns the caller with its present rights, and a function that opens the terminal
   * @throws DomainError `invalid_credential`, `expired_credential`
   */
  redeem(ticket: string): { readonly caller: Caller; readonly open: (size: TerminalSize) => Promise<Terminal> } {
    const { caller: made, subject } = this.#tickets.redeem(ticket);
    const caller = this.#parts.identity.recheck(made);
    const origin = { ...subject.origin, caller };
    return { caller, open: (size) => this.#open(origin, subject.target, size) };
  }

  /** @throws DomainError `invalid_input`, `forbidden`, `not_found`, `refused`, `unavailable`, and the failures of the target */
  async #open(
    origin: RequestOrigin & { readonly caller: Caller },
    target: TerminalTarget,
    size: TerminalSize,
  ): Promise<Terminal> {
    const { store, fleet, streams } = this.#parts;
    checkSize(size);
    const id = newId();
    const begun = performance.now();
    const note = (what: 'open' | 'close', success: boolean, more: object) => {
      const { resource, details } = target;
      const action = `${resource.type}.terminal.${what}`;
      const durationMs = Math.round(performance.now() - begun);
      const entry = auditWrite(origin, { action, resource, details: { ...details, ...more }, success, durationMs });
      return store.apply({ by: null, writes: [entry] });
    };
    let stream: ByteStream;
    try {
      target.check(origin.caller);
      stream = await target.open({ id, size }, origin.caller);
    } catch (error) {
      if (error instanceof DomainError) await note('open', false, { error: error.message });
      throw error;
    }
    try {
      await note('open', true, {});
    } catch (error) {
      stream.cancel('the audit log cannot be written');
      throw error;
    }
    const name = fleet().agent(target.agentId)?.name;
    return new Terminal({
      stream: streams.guard(stream, origin.caller, (caller) => target.check(caller)),
      asked: { agent: name, operation: target.operation, kind: 'once' },
      send: async (operation, options) => void (await fleet().execute(target.agentId, operation, options)),
      id,
      ended: (how) => note('close', true, how).catch(this.#parts.onError),
    });
  }
}

interface TerminalLink {
  readonly id: string;
  readonly stream: ByteStream;
  readonly asked: Asked;
  readonly send: (operation: Operation, options: Parameters<Fleet['execute']>[2]) => Promise<void>;
  readonly ended: (how: { readonly exitCode?: number; readonly reason?: string }) => unknown;
}

/** An open terminal. */
export class Terminal {
  readonly #link: TerminalLink;
  #input: Buffer[] = [];
  #inputBytes = 0;
  #size: TerminalSize | undefined;
  #sending = false;
  #reason: string | undefined;
  #failure: unknown;

  constructor(link: TerminalLink) {
    this.#link = link;
  }

  /**
   * The output, no faster than it is read, and the exit code at the end. It can be read once.
   * @throws DomainError the reason why the terminal ended without an exit code: `forbidden`, `agent_unreachable`, `upstream_failed`, …
   */
  async *output(): AsyncGenerator<TerminalOutput> {
    const { stream, asked, ended } = this.#link;
    let exitCode: number | undefined;
    try {
      for await (const { type, data, exitCode: code } of jsonLines<Line>(stream, line, asked)) {
        if (type === 'output' && data !== undefined) yield { type, data };
        else if (type === 'exit' && code !== undefined) {
          exitCode = code;
          yield { type, exitCode };
          return;
        } else throw unreadable(asked);
      }
      throw unreadable(asked, 'ends without an exit code');
    } catch (error) {
      const failure = this.#failure ?? error;
      this.#reason ??= failure instanceof Error ? failure.message : String(failure);
      throw failure;
    } finally {
      this.close('the reader left');
      ended(exitCode === undefined ? { reason: this.#reason ?? '' } : { exitCode });
    }
  }

  /** Sends input to the program. @throws DomainError `unavailable` if the program does not read, and too much input waits */
  write(text: string): void {
    if (this.#reason !== undefined) return;
    const input = Buffer.from(text);
    if (this.#inputBytes + input.length > MOST_INPUT)
      throw new DomainError('unavailable', 'The program does not read its input: too much of it waits');
    for (let at = 0; at < input.length; at += MOST_PIECE) this.#input.push(input.subarray(at, at + MOST_PIECE));
    this.#inputBytes += input.length;
    this.#pump();
  }

  /** @throws DomainError `invalid_input` */
  resize(size: TerminalSize): void {
    checkSize(size);
    this.#size = size;
    this.#pump();
  }

  /** Ends the program. Safe to call twice. */
  close(reason: string): void {
    this.#reason ??= reason;
    this.#input = [];
    this.#size = undefined;
    this.#link.stream.cancel(reason);
  }

  /** Sends one piece after the other: the agent gets the input in the order in which it was typed. */
  #pump(): void {
    if (this.#sending || this.#reason !== undefined) return;
    this.#sending = true;
    this.#sendAll()
      .catch((error: unknown) => {
        // A program that has just ended takes no input: its exit code is on the way.
        if (error instanceof DomainError && error.code === 'not_found') return;
        this.#failure = error;
        this.close(error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        this.#sending = false;
        if (this.#size || this.#input.length > 0) this.#pump();
      });
  }

  async #sendAll(): Promise<void> {
    const { id: terminalId, send } = this.#link;
    for (;;) {
      const size = this.#size;
      this.#size = undefined;
      if (size)
        await send(
          { case: 'resizeTerminal', value: { terminalId, size } },
          { kind: 'idempotent', timeoutMs: RESIZE_MS },
        );
      const input = this.#takePiece();
      if (input)
        await send({ case: 'writeTerminal', value: { terminalId, input } }, { kind: 'once', timeoutMs: WRITE_MS });
      if (!size && !input) return;
    }
  }

  /** The next piece: waiting input is sent together. */
  #takePiece(): Buffer | undefined {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for (let next = this.#input[0]; next && bytes + next.length <= MOST_PIECE; next = this.#input[0]) {
      pieces.push(next);
      bytes += next.length;
      this.#input.shift();
    }
    this.#inputBytes -= bytes;
    return bytes === 0 ? undefined : Buffer.concat(pieces);
  }
}

/** @throws DomainError `invalid_input` */
function checkSize(size: TerminalSize): void {
  for (const field of ['columns', 'rows'] as const)
    if (!Number.isInteger(size[field]) || size[field] < 1 || size[field] > MOST_CELLS)
      throw invalid(field, `must be a whole number from 1 to ${MOST_CELLS}`);
}
