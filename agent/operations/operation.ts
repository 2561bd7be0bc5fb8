import type { Command, Result } from '@roundhouse/proto/agent/v1/command';
import type { Cancellation } from '../cancellation.js';

/** The answer of an operation: the outcome of the contract's `Result`, failures and transfers apart (those are thrown and opened). */
export type Answer = Extract<Result['outcome'], { case: 'json' | 'tool' | 'server' | 'device' }>;

/** What an operation gets in addition to its arguments. */
export interface OperationContext {
  readonly commandId: string;
  /** Aborted by the hub's cancel, by the command's hard deadline, and when the agent stops; `reason` is an AgentFailure. */
  readonly signal: Cancellation;
  readonly traceparent: string;
  /** Sends a progress notification's params (a JSON object). */
  progress(json: Uint8Array): void;
  /** Sends a log message's params (a JSON object). */
  log(json: Uint8Array): void;
}

/** Where an operation with bulk output writes: a data stream to the hub. */
export interface Output {
  /** Resolves when the hub has room for more. @throws AgentFailure `cancelled` once the reader is gone. */
  write(chunk: Uint8Array): Promise<void>;
}

export type OperationName = NonNullable<Command['operation']['case']>;

type Arguments<N extends OperationName> = Extract<Command['operation'], { case: N }>['value'];

/** One operation of the agent: a file of its own in this folder, listed in `table.ts`. */
export type Operation<N extends OperationName> =
  | { readonly name: N; run(args: Arguments<N>, context: OperationContext): Promise<Answer> | Answer }
  | { readonly name: N; transfer(args: Arguments<N>, context: OperationContext, output: Output): Promise<void> };
