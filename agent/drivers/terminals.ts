import { StringDecoder } from 'node:string_decoder';
import type { TerminalSize } from '@roundhouse/proto/agent/v1/terminal';
import { AgentFailure } from '../failure.js';

/** The most open terminals: each has a connection and a program. */
const mostTerminals = 16;
/** The most input that waits until the program runs, and of one WriteTerminal, bytes. */
const mostInput = 64 * 1024;
const mostCells = 1000;

/** The size of a terminal, in characters. */
export type Size = Pick<TerminalSize, 'columns' | 'rows'>;

/** A program at a terminal. */
export interface TerminalProgram {
  /** Resolves once the program's side has taken the input. */
  write(input: Uint8Array): Promise<void>;
  resize(size: Size): Promise<void>;
}

/** The input of a terminal. It waits until the program runs. */
export class Keyboard {
  #size: Size;
  #program: TerminalProgram | undefined;
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(size: Size) {
    this.#size = size;
  }

  /**
   * Passes the size and the input on to a program from now on.
   * @param first input that the program gets after the size, before the input of the person
   */
  connect(program: TerminalProgram, first?: Uint8Array): void {
    this.#program = program;
    const early = [...(first ? [first] : []), ...this.#early.splice(0)];
    void this.#next(async () => {
      await program.resize(this.#size);
      for (const input of early) await program.write(input);
    }).catch(() => {});
  }

  /** @throws AgentFailure `overloaded` if the program does not run yet and too much input waits for it; the program's failure */
  write(input: Uint8Array): Promise<void> {
    const program = this.#program;
    if (program) return this.#next(() => program.write(input));
    this.#earlyBytes += input.length;
    if (this.#earlyBytes > mostInput) throw new AgentFailure('overloaded', 'the program does not run yet');
    this.#early.push(input);
    return Promise.resolve();
  }

  /** Passes on only a size that is new: input on its way to an ended program may cost its exit code. */
  resize(size: Size): Promise<void> {
    const isNew = size.columns !== this.#size.columns || size.rows !== this.#size.rows;
    this.#size = size;
    const program = this.#program;
    return program && isNew ? this.#next(() => program.resize(size)) : Promise.resolve();
  }

  /** Runs writes and resizes one after the other. */
  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

/** The terminal that a command asks for; see `terminal.proto`. */
export interface TerminalRequest {
  readonly id: string;
  readonly size?: Size | undefined;
}

/** The open terminals of this agent. */
export class Terminals {
  readonly #open = new Map<string, Keyboard>();

  /**
   * Runs a program at a terminal to its end, and writes its output as `terminal.proto` says.
   * @param run resolves when the program ends, with the fields of the last line
   * @throws AgentFailure `invalid_argument`, `overloaded`, the failures of `run`
   */
  async run(
    request: TerminalRequest | undefined,
    write: (line: Uint8Array) => Promise<void>,
    run: (keyboard: Keyboard, sink: (chunk: Buffer) => Promise<void>) => Promise<{ readonly exitCode: number }>,
  ): Promise<void> {
    const { id = '', size } = request ?? {};
    if (id === '' || this.#open.has(id)) throw wrong('terminal', 'expected an id that no other terminal has');
    checkSize(size);
    if (this.#open.size >= mostTerminals)
      throw new AgentFailure('overloaded', `${mostTerminals} terminals are open at this agent`, { retryAfterMs: 5000 });
    const keyboard = new Keyboard(size);
    const characters = new StringDecoder('utf8');
    const output = async (data: string) => {
      if (data !== '') await write(lineOf({ type: 'output', data }));
    };
    this.#open.set(id, keyboard);
    try {
      const end = await run(keyboard, (chunk) => output(characters.write(chunk)));
      await output(characters.end());
      await write(lineOf({ type: 'exit', ...end }));
    } finally {
      this.#open.delete(id);
    }
  }

  /** @throws AgentFailure `not_found`, `invalid_argument`, and as {@link Keyboard.write} */
  async write(id: string, input: Uint8Array): Promise<void> {
    if (input.length > mostInput) throw wrong('input', `must have at most ${mostInput} bytes`);
    await this.#find(id).write(input);
  }

  /** @throws AgentFailure `not_found`, `invalid_argument` */
  async resize(id: string, size: Size | undefined): Promise<void> {
    checkSize(size);
    await this.#find(id).resize(size);
  }

  #find(id: string): Keyboard {
    const keyboard = this.#open.get(id);
    if (!keyboard) throw new AgentFailure('not_found', 'the terminal is not open');
    return keyboard;
  }
}

function checkSize(size: Size | undefined): asserts size is Size {
  const { columns = 0, rows = 0 } = size ?? {};
  if (columns < 1 || rows < 1 || columns > mostCells || rows > mostCells)
    throw wrong('size', `expected 1 to ${mostCells} columns and rows`);
}

function wrong(field: string, problem: string): AgentFailure {
  return new AgentFailure('invalid_argument', `${field}: ${problem}`, { field });
}

function lineOf(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
