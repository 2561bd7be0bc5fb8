import type { MessageInitShape } from '@bufbuild/protobuf';
import type { StatusObject } from '@grpc/grpc-js';
import type { FailureSchema } from '@roundhouse/proto/agent/v1/command';
import { AgentFailure } from '../failure.js';
import type { Output } from '../operations/operation.js';
import { encodeChunk, encodePart } from './frames.js';
import type { Stream } from './service.js';

const maxChunk = 64 * 1024;

/**
 * A data stream to the hub. It is opened with the first write, so that an operation that fails at once fails without
 * one; writing an empty chunk opens it too.
 */
export class OutgoingTransfer implements Output {
  readonly #commandId: string;
  readonly #dial: () => Stream | undefined;
  readonly #opened: () => void;
  readonly #gone: (failure: AgentFailure) => void;
  #stream: Stream | undefined;
  #failure: AgentFailure | undefined;
  #finished: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param dial Opens the gRPC stream; `undefined` while there is no link.
   * @param events `opened`: the stream has begun; `gone`: nobody reads it any more.
   */
  constructor(
    commandId: string,
    dial: () => Stream | undefined,
    events: { opened(): void; gone(failure: AgentFailure): void },
  ) {
    this.#commandId = commandId;
    this.#dial = dial;
    this.#opened = events.opened;
    this.#gone = events.gone;
  }

  get isOpen(): boolean {
    return this.#stream !== undefined;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const stream = this.#open();
    for (let at = 0; at < chunk.length; at += maxChunk) {
      if (this.#failure) throw this.#failure;
      if (!stream.write(encodeChunk(chunk.subarray(at, at + maxChunk)))) await this.#room();
    }
    if (this.#failure) throw this.#failure;
  }

  /** Ends the stream cleanly, and resolves when the hub has it all. */
  async end(): Promise<void> {
    this.#open().end();
    await this.#finished;
    if (this.#failure) throw this.#failure;
  }

  /** Ends the stream with the reason why it is not whole. */
  fail(failure: MessageInitShape<typeof FailureSchema>): void {
    if (!this.#stream || this.#failure) return;
    this.#failure = new AgentFailure('cancelled', 'the stream has ended');
    this.#stream.write(encodePart({ case: 'failure', value: failure }));
    this.#stream.end();
    this.#wake?.();
  }

  #open(): Stream {
    if (this.#failure) throw this.#failure;
    if (this.#stream) return this.#stream;
    const stream = this.#dial();
    if (!stream) {
      this.#failure = new AgentFailure('cancelled', 'the link to the hub is down');
      throw this.#failure;
    }
    this.#stream = stream;
    this.#finished = new Promise((resolve) => {
      stream.once('status', ({ code, details }: StatusObject) => {
        if (code !== 0) {
          this.#failure ??= new AgentFailure('cancelled', `the hub ended the stream: ${details}`);
          this.#gone(this.#failure);
        }
        this.#wake?.();
        resolve();
      });
    });
    // The status says it all.
    stream.on('error', () => {});
    stream.on('drain', () => this.#wake?.());
    // Nothing is expected; reading is what brings the status.
    stream.resume();
    stream.write(encodePart({ case: 'commandId', value: this.#commandId }));
    this.#opened();
    return stream;
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
