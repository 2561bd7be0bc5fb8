import type { Cancellation } from '../../../cancellation.js';
import type { AgentFailure } from '../../../failure.js';
import { deviceFailure } from '../failure.js';
import { afterEcho, isSyslog, lastLine, pagerMark, withoutEscapes } from './screen.js';

/** When the reading of a device's output ends, and the reader's actions meanwhile. */
export interface ReadRules {
  /** The text that was sent, and that the device echoes before the output; empty for a device without echo. */
  readonly echo: string;
  /** Whether the last line, as far as it has come, ends the output. */
  isEnd(line: string): boolean;
  /**
   * A blank line was sent with the command, so the output ends with two prompts, with only lines that match between them. The reader can
   * then tell a prompt inside the output from the prompt at its end. Only for commands that ask no questions.
   */
  readonly twice?: (line: string) => boolean;
  /** The output is known to contain no prompt: the first prompt ends it. */
  readonly trusted?: boolean;
  /** The text to write the moment the output has ended, if no question interrupted it. */
  readonly next?: string;
  /** A prompt of any kind, for devices whose name was just changed. */
  readonly anyPrompt?: RegExp;
  /** A pager's line, such as `--More--`, at the end of the output so far. */
  readonly pager?: RegExp;
  /** Questions at the end of the output so far, and the answers; `undefined` gives up. */
  readonly question?: { readonly patterns: readonly RegExp[]; answer(question: string): string | undefined };
  readonly maxBytes: number;
  /** The time limit of the command, and of a silence, milliseconds. */
  readonly timeoutMs: number;
  readonly silenceMs: number;
  readonly signal: Cancellation;
}

/** The text that was read, with control characters. The end line is the last line. */
export interface Reading {
  readonly raw: string;
  readonly end: string;
  /** The question of a command that was interrupted because it got no answer. */
  readonly unanswered: string | undefined;
  /** How many prompts are at the end. */
  readonly ends: 1 | 2;
  /** The output came in pages. */
  readonly paged: boolean;
}

const tailLength = 2048;
/** After this many characters of output the reader does not wait for the end of the echo any longer. */
const farthestEcho = 32 * 1024;
/** How many pieces of output are examined one by one in a turn of the event loop: a device may send packets of one byte. */
const mostLooks = 64;
/** Output of more lines is refused. */
const mostLines = 1_000_000;
/** The echo is searched for at this many line ends, and later only after this many further characters. */
const echoLooks = 64;
const echoStep = 1024;
/** The number of pieces of output that are joined into one. */
const mostPieces = 1024;
/** After this silence, text that looks like an unknown prompt is tested, milliseconds. */
const suspectMs = 1_500;
/** How long the reader waits for an echo after the prompt has come, milliseconds. */
const echolessMs = 2_000;
const longestSettleMs = 300;
/** How long the reader waits for more output after text that looks like the end, milliseconds. */
const leastSettleMs = 100;
/** After this silence one prompt counts as the end, milliseconds: a device that drops typed-ahead input shows only one. */
const onceMs = 400;

/** Reads the output of one command, to its end. */
export class Reader {
  readonly result: Promise<Reading>;
  #resolve: (reading: Reading) => void = () => {};
  #reject: (failure: AgentFailure) => void = () => {};
  readonly #rules: ReadRules;
  readonly #write: (text: string) => void;
  readonly #parts: string[] = [];
  /** The pieces that were examined in this turn of the event loop, and the text of further pieces, which waits for the end of the turn. */
  #looks = 0;
  #came = '';
  #turn: NodeJS.Immediate | undefined;
  #lines = 0;
  #head: string | undefined;
  #echoLooks = 0;
  #lookedAt = 0;
  #pieces = 0;
  #tail = '';
  #bytes = 0;
  #paged = false;
  #lastAt = 0;
  #largestGap = 0;
  #over = false;
  #suspect: string | undefined;
  #unanswered: string | undefined;
  #settleTimer: NodeJS.Timeout | undefined;
  #quietTimer: NodeJS.Timeout | undefined;
  readonly #deadline: NodeJS.Timeout;
  readonly #silence: NodeJS.Timeout | undefined;

  constructor(rules: ReadRules, write: (text: string) => void) {
    this.#rules = rules;
    this.#write = write;
    if (rules.echo !== '') this.#head = '';
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#deadline = setTimeout(() => this.#tooLate(rules.timeoutMs, 'no prompt'), rules.timeoutMs);
    // Otherwise the time limit comes first.
    if (rules.silenceMs < rules.timeoutMs)
      this.#silence = setTimeout(() => this.#tooLate(rules.silenceMs, 'silence'), rules.silenceMs);
    rules.signal.addEventListener('abort', this.#onAbort);
    if (rules.signal.aborted) this.#onAbort();
  }

  /** Takes more output. */
  take(text: string): void {
    if (this.#over) return;
    this.#bytes += text.length;
    if (this.#bytes > this.#rules.maxBytes) {
      const message = `the output is larger than ${this.#rules.maxBytes} bytes`;
      this.fail(deviceFailure('upstream', 'output_too_large', message));
      return;
    }
    if (this.#settleTimer !== undefined) clearTimeout(this.#settleTimer);
    if (this.#quietTimer !== undefined) clearTimeout(this.#quietTimer);
    this.#silence?.refresh();
    this.#turn ??= setImmediate(this.#endTurn);
    this.#looks += 1;
    if (this.#looks <= mostLooks) this.#read(text);
    else this.#came += text;
  }

  readonly #endTurn = (): void => {
    const text = this.#came;
    this.#came = '';
    this.#looks = 0;
    this.#turn = undefined;
    if (text !== '') this.#read(text);
  };

  #read(piece: string): void {
    // Only the agent makes this mark: a device must not make millions of them.
    const text = piece.replaceAll(pagerMark, '');
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lines += 1;
    if (this.#lines > mostLines) {
      this.fail(deviceFailure('upstream', 'output_too_large', `the output has more than ${mostLines} lines`));
      return;
    }
    if (this.#head !== undefined) this.#takeEcho(text);
    else this.#takeOutput(text);
  }

  fail(failure: AgentFailure): void {
    if (!this.#end()) return;
    this.#parts.length = 0;
    this.#reject(failure);
  }

  #takeEcho(text: string): void {
    const head = (this.#head ?? '') + text;
    this.#head = head;
    const isFar = head.length > farthestEcho;
    // An echo ends with a line.
    const shown = isFar || (text.includes('\n') && this.#mayLook(head.length)) ? withoutEscapes(head) : '';
    const from = shown === '' ? -1 : afterEcho(shown, this.#rules.echo);
    if (from >= 0 || isFar) {
      const rest = shown.slice(Math.max(0, from));
      this.#head = undefined;
      if (rest !== '') this.#takeOutput(rest, false);
    } else {
      // A device without echo shows only its output and its prompt.
      this.#quietTimer = this.#afterSilence(echolessMs, () => {
        const all = withoutEscapes(this.#head ?? '');
        if (!this.#rules.isEnd(lastLine(all))) return;
        this.#head = undefined;
        this.#takeOutput(all, false);
      });
    }
  }

  /** Whether the echo is searched for now: each search reads the whole output so far. */
  #mayLook(length: number): boolean {
    if (this.#echoLooks >= echoLooks && length < this.#lookedAt + echoStep) return false;
    this.#echoLooks += 1;
    this.#lookedAt = length;
    return true;
  }

  #takeOutput(text: string, measured = true): void {
    const now = performance.now();
    if (measured && this.#lastAt > 0) this.#largestGap = Math.max(this.#largestGap, now - this.#lastAt);
    this.#lastAt = now;
    this.#parts.push(text);
    this.#pieces += 1;
    if (this.#pieces >= mostPieces) {
      this.#parts.push(this.#parts.splice(-mostPieces).join(''));
      this.#pieces = 0;
    }
    this.#tail = (this.#tail + text).slice(-tailLength);
    this.#look();
  }

  #look(): void {
    const line = lastLine(this.#tail);
    const isEnd = this.#rules.isEnd(line);
    const ended = isEnd ? line : this.#endBeforeMessages();
    if (ended !== undefined) {
      this.#ended(ended, isEnd && this.#isTwice(line));
      return;
    }
    const { pager, question, anyPrompt } = this.#rules;
    if (pager?.test(line)) {
      this.#turnPage(pager);
      return;
    }
    if (question?.patterns.some((pattern) => pattern.test(line))) {
      // A device that goes on by itself was asking nothing.
      this.#settleTimer = this.#afterSilence(Math.max(leastSettleMs, this.#settleMs()), () => this.#ask(line));
    } else if (anyPrompt?.test(line)) {
      if (this.#suspect === line) {
        this.#ended(line, this.#isTwice(line));
        return;
      }
      this.#quietTimer = this.#afterSilence(suspectMs, () => {
        this.#suspect = line;
        this.#write('\n');
      });
    }
  }

  /** The prompt, if only log messages have come after it. */
  #endBeforeMessages(): string | undefined {
    if (!this.#tail.includes('%')) return undefined;
    const lines = withoutEscapes(this.#tail).replaceAll('\r', '').split('\n');
    let messages = 0;
    while (lines.length > 1) {
      const line = lines.at(-1) ?? '';
      if (isSyslog(line)) messages += 1;
      else if (line.trim() !== '') break;
      lines.pop();
      const before = lines.at(-1) ?? '';
      if (messages > 0 && this.#rules.isEnd(before)) return before;
    }
    return undefined;
  }

  #ended(end: string, isTwice: boolean): void {
    const { twice } = this.#rules;
    if (isTwice) {
      this.#finish(end, 2);
      return;
    }
    const ms = this.#rules.trusted ? 0 : twice === undefined ? this.#settleMs() : onceMs;
    if (ms === 0) this.#finish(end, 1);
    else this.#settleTimer = this.#afterSilence(ms, () => this.#finish(end, 1));
  }

  /**
   * Acts after a silence. An agent without processor time for a while first reads the data of that time, because its timers fire earlier.
   */
  #afterSilence(ms: number, then: () => void): NodeJS.Timeout {
    const bytes = this.#bytes;
    const look = (): void => {
      if (!this.#over && this.#bytes === bytes) then();
    };
    return setTimeout(() => setImmediate(look), ms);
  }

  #isTwice(end: string): boolean {
    const between = this.#rules.twice ?? (this.#suspect === end ? () => false : undefined);
    if (between === undefined) return false;
    const lines = withoutEscapes(this.#tail).replaceAll('\r', '').split('\n').slice(0, -1);
    while (
      lines.length > 0 &&
      (lines.at(-1)?.trim() === '' || between(lines.at(-1) ?? '') || isSyslog(lines.at(-1) ?? ''))
    )
      lines.pop();
    return lastLine(lines.at(-1) ?? '').trimEnd() === end.trimEnd();
  }

  /** How long the reader waits after text that looks like the end: an output may contain prompts and questions. */
  #settleMs(): number {
    if (!this.#tail.includes('\n')) return 0;
    return Math.min(longestSettleMs, Math.max(leastSettleMs, Math.ceil(2 * this.#largestGap)));
  }

  #turnPage(pager: RegExp): void {
    this.#paged = true;
    // The pager's text is removed. The mark shows where the characters follow that wipe it from the screen.
    // Only the end is examined, so that the earlier pages are not joined again for each page.
    let end = '';
    while (end.length < tailLength && this.#parts.length > 0) end = `${this.#parts.pop()}${end}`;
    const found = pager.exec(lastLine(end.slice(-tailLength)));
    const [text = ''] = found ?? [];
    const at = end.lastIndexOf(text.trim());
    const blanks = /^[^\S\n]*/.exec(text)?.[0].length ?? 0;
    const start = at < 0 ? end.lastIndexOf('\n') + 1 : at - blanks;
    this.#parts.push(`${end.slice(0, Math.max(0, start))}${pagerMark}`);
    this.#tail = '';
    this.#write(' ');
  }

  #ask(question: string): void {
    const answer = this.#rules.question?.answer(question);
    this.#tail = '';
    if (answer !== undefined) {
      this.#write(answer);
      return;
    }
    if (this.#unanswered !== undefined) return;
    this.#unanswered = question;
    this.#write('\x03');
  }

  #finish(end: string, ends: 1 | 2): void {
    if (!this.#end()) return;
    const unanswered = this.#unanswered;
    if (this.#rules.next !== undefined && unanswered === undefined) this.#write(this.#rules.next);
    const raw = this.#parts.splice(0).join('');
    this.#resolve({ raw, end, ends, paged: this.#paged, unanswered });
  }

  readonly #onAbort = (): void => this.fail(this.#rules.signal.reason as AgentFailure);

  #tooLate(ms: number, what: 'no prompt' | 'silence'): void {
    const text = what === 'silence' ? `the device was silent for ${ms} ms` : `the command did not end within ${ms} ms`;
    this.fail(deviceFailure('timeout', 'no_answer', text));
  }

  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearImmediate(this.#turn);
    clearTimeout(this.#deadline);
    if (this.#silence !== undefined) clearTimeout(this.#silence);
    if (this.#settleTimer !== undefined) clearTimeout(this.#settleTimer);
    if (this.#quietTimer !== undefined) clearTimeout(this.#quietTimer);
    this.#rules.signal.removeEventListener('abort', this.#onAbort);
    return true;
  }
}
