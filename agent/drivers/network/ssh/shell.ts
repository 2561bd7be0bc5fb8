import { StringDecoder } from 'node:string_decoder';
import type { Client, ClientChannel } from 'ssh2';
import type { AgentFailure } from '../../../failure.js';
import { deviceFailure } from '../failure.js';
import { Reader, type Reading, type ReadRules } from './reader.js';

/** Wide enough that devices do not wrap lines, and high enough that they do not page. */
const terminal = { term: 'vt100', cols: 511, rows: 1000, width: 0, height: 0 };

const maxGreeting = 64 * 1024;

/** A device's command line. The agent writes text to it, and one reader at a time reads its output. */
export class Shell {
  readonly #channel: ClientChannel;
  readonly #decoder = new StringDecoder('utf8');
  #reader: Reader | undefined;
  #open = true;
  /** The greeting of a device, from before the first command. */
  #greeting: string | undefined = '';

  private constructor(channel: ClientChannel) {
    this.#channel = channel;
    channel.on('data', (chunk: Buffer) => this.#take(this.#decoder.write(chunk)));
    channel.stderr.on('data', (chunk: Buffer) => this.#reader?.take(chunk.toString('utf8')));
    channel.on('error', () => {});
    channel.on('close', () => {
      this.#open = false;
      this.#reader?.fail(lost());
    });
  }

  /** @throws AgentFailure `connection_lost`. */
  static open(client: Client, timeoutMs: number): Promise<Shell> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(deviceFailure('timeout', 'timeout', 'the device does not give a command line')),
        timeoutMs,
      );
      const gone = (): void => {
        clearTimeout(timer);
        reject(lost());
      };
      client.once('close', gone);
      client.shell(terminal, (error, channel) => {
        clearTimeout(timer);
        client.removeListener('close', gone);
        if (error) reject(deviceFailure('disconnected', 'connection_lost', `no command line: ${error.message}`));
        else resolve(new Shell(channel));
      });
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Forgets earlier output, sends text, and reads the new output. */
  ask(text: string, rules: ReadRules): Promise<Reading> {
    if (!this.#open) return Promise.reject(lost());
    // Sent first: the device works while the reader is made.
    if (text !== '') this.#write(text);
    const reader = new Reader(rules, (more) => this.#write(more));
    this.#reader = reader;
    const greeting = this.#greeting;
    this.#greeting = undefined;
    if (greeting) reader.take(greeting);
    return reader.result;
  }

  close(): void {
    this.#open = false;
    this.#channel.close();
  }

  #take(text: string): void {
    if (this.#reader) this.#reader.take(text);
    else if (this.#greeting !== undefined && this.#greeting.length < maxGreeting) this.#greeting += text;
  }

  #write(text: string): void {
    if (this.#open) this.#channel.write(text);
  }
}

function lost(): AgentFailure {
  return deviceFailure('disconnected', 'connection_lost', 'the device closed the connection');
}
