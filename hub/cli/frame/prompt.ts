import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandError, Interrupted } from './failures.js';
import type { Output } from './output.js';

/** The output of readline on a terminal: it shows nothing of the user's input. */
const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });

/**
 * Reads secrets from standard input, one per line. On a terminal it asks for each, and hides the input. Otherwise the lines come in the order of the
 * questions.
 */
export class SecretReader {
  readonly #out: Output;
  #lines: AsyncIterator<string> | undefined;
  #close = () => {};

  constructor(out: Output) {
    this.#out = out;
  }

  /** Reads one secret. `fallback`: the value for an empty line. @throws CommandError if the user gives no text, and there is no fallback */
  async read(question: string, fallback?: string): Promise<string> {
    const { stdin, stderr } = this.#out.terminal;
    const isTerminal = stdin.isTTY === true;
    if (!this.#lines) {
      const lines = createInterface({ input: stdin, output: isTerminal ? nowhere : undefined, terminal: isTerminal });
      // On a terminal, readline reads Ctrl-C as a key.
      lines.on('SIGINT', () => lines.close());
      this.#lines = lines[Symbol.asyncIterator]();
      this.#close = () => lines.close();
    }
    if (isTerminal) this.#out.ask(`${question}${fallback ? ` [${fallback}]` : ''}:`);
    const { value, done } = await this.#lines.next();
    if (isTerminal) stderr.write('\n');
    if (done && isTerminal) throw new Interrupted();
    if (value === '' && fallback) return fallback;
    if (done || value === '') throw new CommandError(`${question}: nothing was given on standard input`, 'usage');
    return value;
  }

  /** Stops reading standard input. */
  close(): void {
    this.#close();
  }
}

/** Reads one secret: from a file if one is given, else from standard input. @throws CommandError if the text is empty */
export async function readSecret(out: Output, question: string, file?: string): Promise<string> {
  if (file !== undefined) {
    const secret = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    if (secret === '') throw new CommandError(`${file} is empty`, 'usage');
    return secret;
  }
  const reader = new SecretReader(out);
  try {
    return await reader.read(question);
  } finally {
    reader.close();
  }
}

/**
 * Asks whether to go on. Without a terminal, the user has to give `--yes`.
 * @throws CommandError if there is no terminal
 * @throws Interrupted if the answer is not yes
 */
export async function confirm(out: Output, question: string, isGiven: boolean): Promise<void> {
  if (isGiven) return;
  const { stdin } = out.terminal;
  if (stdin.isTTY !== true)
    throw new CommandError(`${question} Say so with --yes: there is no terminal to ask`, 'usage');
  out.ask(`${question} [y/N]`);
  const lines = createInterface({ input: stdin, output: undefined, terminal: false });
  try {
    for await (const line of lines) {
      if (/^y(es)?$/i.test(line.trim())) return;
      break;
    }
  } finally {
    lines.close();
  }
  throw new Interrupted();
}
