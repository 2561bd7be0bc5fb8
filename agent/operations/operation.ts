import type { Command, Result } from '@roundhouse/proto/agent/v1/command';
import type { Cancellation } from '../cancellation.js';

/** The answer of an operation: an outcome of the contract's `Result`. A failure is thrown instead, and a transfer is opened. */
export type Answer = Extract<Result['outcome'], { case: 'json' | 'tool' | 'server' | 'device' }>;

/** The parts of a command that an operation gets in addition to its arguments. */
export interface OperationContext {
  readonly commandId: string;
  /** Aborted by the hub's cancel, by the command's hard deadline, and when the agent stops; `reason` is an AgentFailure. */
  readonly signal: Cancellation;
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

export type Arguments<N extends OperationName> = Extract<Command['operation'], { case: N }>['value'];

interface Answers<N extends OperationName> {
  run(args: Arguments<N>, context: OperationContext): Promise<Answer> | Answer;
}

interface Transfers<N extends OperationName> {
  transfer(args: Arguments<N>, context: OperationContext, output: Output): Promise<void>;
}

/** One operation of the agent. It answers a command, or writes bulk output to a data stream. */
export type Operation<N extends OperationName> = { readonly name: N } & (Answers<N> | Transfers<N>);

/**
 * The operations of the contract by name, as the files of this folder define them: a function that answers, or an object with a function
 * that writes to a data stream.
 */
export type Operations = { readonly [N in OperationName]: Answers<N>['run'] | Transfers<N> };

/** An answer that is a JSON value. */
export function json(value: unknown): Answer {
  return { case: 'json', value: Buffer.from(JSON.stringify(value)) };
}

/** Sends a driver's notes about its work as progress: `{"progress":number,"message":string}`, each with a higher number. */
export function notesTo(context: Pick<OperationContext, 'progress'>): (line: string) => void {
  let progress = 0;
  return (message) => {
    progress += 1;
    context.progress(Buffer.from(JSON.stringify({ progress, message })));
  };
}
