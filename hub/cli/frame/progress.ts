import { shown } from '@roundhouse/proto/text';
import type { Terminal } from './terminal.js';

/** Work that takes longer than this shows a line, milliseconds. */
const SHOWN_AFTER_MS = 1000;
const REDRAWN_EVERY_MS = 200;
const frames = ['-', '\\', '|', '/'];

/** A line on a terminal's standard error about the running work. It is removed before the result or a question. */
export class Progress {
  readonly #terminal: Terminal;
  #timer: NodeJS.Timeout | undefined;
  /** The command's text about its work. */
  #text: string | undefined;
  /** The hubs of the running requests. */
  readonly #requests: string[] = [];
  #began = 0;
  #frame = 0;
  #isDrawn = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows the running work: at once if a line is there, else after a second. */
  show(text: string): void {
    this.#text = text;
    if (this.#isDrawn) this.#draw();
    this.#begin();
  }

  /** Removes the line. */
  stop(): void {
    // `clearTimeout` ends either timer.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#text = undefined;
    this.#erase();
  }

  /** Shows a text while a promise is pending. */
  async during<T>(text: string, work: Promise<T>): Promise<T> {
    this.show(text);
    try {
      return await work;
    } finally {
      this.stop();
    }
  }

  /** Sends a request. While the hub's answer is awaited, a line says so unless the command has its own text. */
  async request<T>(hub: string, answer: Promise<T>): Promise<T> {
    this.#requests.push(hub);
    this.#begin();
    try {
      return await answer;
    } finally {
      this.#requests.splice(this.#requests.indexOf(hub), 1);
    }
  }

  #begin(): void {
    if (this.#timer || this.#terminal.stderr.isTTY !== true) return;
    this.#began = Date.now();
    this.#timer = setTimeout(() => {
      this.#draw();
      this.#timer = setInterval(() => this.#draw(), REDRAWN_EVERY_MS).unref();
    }, SHOWN_AFTER_MS).unref();
  }

  #erase(): void {
    if (this.#isDrawn) this.#terminal.stderr.write('\r\u001b[K');
    this.#isDrawn = false;
  }

  #draw(): void {
    const text = this.#text ?? (this.#requests[0] && `waiting for ${this.#requests[0]}`);
    // Between two requests, and while a stream is read.
    if (text === undefined) {
      this.#erase();
      return;
    }
    this.#isDrawn = true;
    this.#frame = (this.#frame + 1) % frames.length;
    const seconds = Math.round((Date.now() - this.#began) / 1000);
    const line = `${frames[this.#frame]} ${shown(text)} (${seconds} s)`;
    const columns = this.#terminal.stderr.columns ?? 80;
    this.#terminal.stderr.write(`\r${line.slice(0, columns - 1)}\u001b[K`);
  }
}
