import { shown, shownJson, shownLines } from '@roundhouse/proto/text';
import { Progress } from './progress.js';
import type { Terminal } from './terminal.js';

/** The forms of a result: for people, or for programs. */
export type Form = 'people' | 'json' | 'yaml' | 'quiet';

/** A value of a table or of a list of facts. */
export type Cell = string | number | boolean | null | undefined;

/** The columns of a table: each heading, and the cell of an item below it. */
export type Columns<T> = Readonly<Record<string, (item: T) => Cell>>;

/** Words for states, by their colour. The colour is only an aid: the word stays. */
const tones: Readonly<Record<string, 'green' | 'yellow' | 'red'>> = {
  ...of('green', 'connected', 'healthy', 'completed', 'ok', 'Running', 'running', 'closed', 'success'),
  ...of('yellow', 'degraded', 'warning', 'pending', 'queued', 'scheduled', 'half-open', 'connecting', 'unknown'),
  ...of('red', 'error', 'down', 'failed', 'critical', 'unhealthy', 'open', 'missing', 'fail'),
};
const codes = { green: 32, yellow: 33, red: 31, bold: 1 } as const;

function of<T>(tone: T, ...words: readonly string[]): Record<string, T> {
  return Object.fromEntries(words.map((word) => [word, tone]));
}

/** Whether a stream gets colours: it is a terminal, and the user has not switched colours off (https://no-color.org). */
function hasColour({ stdout, env }: Terminal): boolean {
  return stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Writes results to standard output in the form that the user asked for, and messages to standard error. */
export class Output {
  readonly #isColoured: boolean;
  readonly progress: Progress;
  #items = 0;

  constructor(
    readonly terminal: Terminal,
    readonly form: Form,
  ) {
    this.#isColoured = hasColour(terminal);
    this.progress = new Progress(terminal);
  }

  /** A list: a table for people, `idOf` of each item for `--quiet`. `empty` is the sentence for people if the list is empty. */
  async list<T>(items: readonly T[], columns: Columns<T>, idOf: (item: T) => string, empty = 'none'): Promise<void> {
    if (this.form === 'quiet') return this.#write(items.map((item) => `${shown(idOf(item))}\n`).join(''));
    if (this.form !== 'people') return this.data(items);
    if (items.length === 0) return this.say(empty);
    const rows = items.map((item) => Object.values(columns).map((cell) => cell(item)));
    this.#write(this.table(Object.keys(columns), rows));
  }

  /** One item: its facts for people, line by line; its id for `--quiet`. */
  async record(data: unknown, facts: Readonly<Record<string, Cell>>, id: string): Promise<void> {
    if (this.form === 'quiet') return this.#write(`${shown(id)}\n`);
    if (this.form !== 'people') return this.data(data);
    this.facts(facts);
  }

  /** A text that is itself the result, such as a key or a configuration. Only on a terminal, hidden characters are made visible. */
  async text(text: string, data: unknown = text): Promise<void> {
    if (this.form === 'json' || this.form === 'yaml') return this.data(data);
    const whole = text.endsWith('\n') || text === '' ? text : `${text}\n`;
    this.#write(this.terminal.stdout.isTTY ? shownLines(whole) : whole);
  }

  /** The end of a change: a sentence for people, the data for programs. */
  async done(sentence: string, data: unknown): Promise<void> {
    if (this.form === 'people') this.say(sentence);
    else if (this.form !== 'quiet') await this.data(data);
  }

  /** An item of a stream: a line for people, a line of JSON or a document of YAML for programs. */
  async item(data: unknown, line: string): Promise<void> {
    if (this.form === 'json') return this.#write(`${shownJson(JSON.stringify(data))}\n`);
    if (this.form === 'yaml') {
      if (this.#items > 0) this.#write('---\n');
      this.#items += 1;
      return this.data(data);
    }
    this.#write(`${shown(line)}\n`);
  }

  /** Data in the form for programs. */
  async data(data: unknown): Promise<void> {
    if (this.form === 'yaml') {
      const { stringify } = await import('yaml');
      const text = stringify(data, { aliasDuplicateObjects: false, lineWidth: 0 });
      // JSON is valid YAML, and can escape hidden characters.
      if (shownLines(text) === text) return this.#write(text);
    }
    this.#write(`${shownJson(JSON.stringify(data, null, 2))}\n`);
  }

  /** Facts for people, lined up. Empty ones are left out. */
  facts(facts: Readonly<Record<string, Cell>>): void {
    const given = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null && value !== '');
    const width = Math.max(0, ...given.map(([name]) => name.length));
    for (const [name, value] of given) {
      const [first = '', ...more] = shownLines(textOf(value)).split('\n');
      const indent = ' '.repeat(width + 2);
      const lines = [`${name.padEnd(width)}  ${this.#toned(first, first)}`, ...more.map((line) => indent + line)];
      this.#write(`${lines.join('\n')}\n`);
    }
  }

  /** A heading and a table below it, for people. */
  section<T>(heading: string, items: readonly T[], columns: Columns<T>): void {
    if (items.length === 0) return;
    const rows = items.map((item) => Object.values(columns).map((cell) => cell(item)));
    this.#write(`\n${this.#painted(heading, 'bold')}\n${this.table(Object.keys(columns), rows)}`);
  }

  /** A sentence for people, on standard error. */
  say(sentence: string): void {
    this.progress.stop();
    this.terminal.stderr.write(`${shownLines(sentence)}\n`);
  }

  /** A question on the terminal; the answer follows on the same line. Hidden characters are made visible, since the text may come from a registry. */
  ask(question: string): void {
    this.progress.stop();
    this.terminal.stderr.write(`${shown(question)} `);
  }

  /** A warning, on standard error in every form. */
  warn(sentence: string): void {
    this.say(`roundhouse: warning: ${sentence}`);
  }

  /** Lines up rows under their headings, and makes hidden characters visible. */
  table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
    const cells = rows.map((row) => row.map((cell) => shown(textOf(cell))));
    const widths = headings.map((heading, n) => Math.max(heading.length, ...cells.map((row) => (row[n] ?? '').length)));
    const line = (row: readonly string[], paint: (padded: string, cell: string) => string) => {
      const last = row.findLastIndex((cell) => cell !== '');
      const parts = row
        .slice(0, last + 1)
        .map((cell, n) => paint(n === last ? cell : cell.padEnd(widths[n] ?? 0), cell));
      return `${parts.join('  ')}\n`;
    };
    const head = line(headings, (padded) => this.#painted(padded, 'bold'));
    return head + cells.map((row) => line(row, (padded, cell) => this.#toned(padded, cell))).join('');
  }

  #toned(padded: string, word: string): string {
    const tone = Object.hasOwn(tones, word) ? tones[word] : undefined;
    return tone ? this.#painted(padded, tone) : padded;
  }

  #painted(text: string, style: keyof typeof codes): string {
    return this.#isColoured ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
  }

  #write(text: string): void {
    this.progress.stop();
    if (text !== '') this.terminal.stdout.write(text);
  }
}

function textOf(value: Cell): string {
  if (value === undefined || value === null || value === '') return '-';
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}
