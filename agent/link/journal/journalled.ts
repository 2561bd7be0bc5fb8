import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ResultSchema } from '@roundhouse/proto/agent/v1/command';
import { AgentFailure } from '../../failure.js';
import type { Answer, Operation, OperationContext, OperationName } from '../../operations/operation.js';
import type { Entry, Journal } from './journal.js';

/** Larger answers are not kept, bytes. */
const maxResultBytes = 1024 * 1024;

type Runnable = Extract<Operation<OperationName>, { run: unknown }>;

interface Work {
  readonly answer: Promise<Answer>;
  readonly context: OperationContext & { abort?(reason: AgentFailure): void };
}

/**
 * Runs commands that must not run twice, whatever happens to hub, agent or link: under one name an operation runs once.
 * A caller that asks again gets the answer of that run, or learns that the outcome is unknown because the agent died meanwhile.
 */
export class JournalledRuns {
  readonly #journal: Journal;
  readonly #working = new Map<string, Work>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Wraps an operation, so that it runs once under a name. */
  of(name: string, operation: Runnable): Runnable {
    return {
      name: operation.name,
      run: (args, context) => this.#run(name, operation, args as never, context),
    } as Runnable;
  }

  #run(name: string, operation: Runnable, args: never, context: OperationContext): Promise<Answer> {
    const work = this.#working.get(name);
    if (work) {
      context.signal.addEventListener('abort', () => work.context.abort?.(context.signal.reason as AgentFailure));
      return work.answer;
    }
    const answer = this.#answer(name, operation, args, context).finally(() => this.#working.delete(name));
    this.#working.set(name, { answer, context });
    return answer;
  }

  async #answer(name: string, operation: Runnable, args: never, context: OperationContext): Promise<Answer> {
    const entry = await this.#journal.find(name);
    return entry ? this.#recorded(entry) : this.#first(name, operation, args, context);
  }

  async #first(name: string, operation: Runnable, args: never, context: OperationContext): Promise<Answer> {
    const started: Entry = { state: 'started', at: Date.now(), operation: operation.name };
    await this.#journal.write(name, started).catch((error: NodeJS.ErrnoException) => {
      throw unwritable(error);
    });
    const written = { at: Date.now(), operation: operation.name };
    let answer: Answer;
    try {
      if (context.signal.aborted) throw notBegun(context.signal.reason);
      answer = await operation.run(args, context);
    } catch (error) {
      const known = error instanceof AgentFailure;
      const { kind, message, details } = known
        ? error
        : new AgentFailure('internal', 'the operation failed inside the agent');
      await this.#keep(name, { state: 'failed', ...written, failure: { kind, message, details } });
      throw error;
    }
    const result = toBinary(ResultSchema, create(ResultSchema, { outcome: answer }));
    const entry: Entry =
      result.length > maxResultBytes
        ? { state: 'failed', ...written, failure: tooLarge(result.length) }
        : { state: 'answered', ...written, result };
    await this.#keep(name, entry);
    return answer;
  }

  /** The hub gets the outcome even if it cannot be written. A caller that asks again then learns that the outcome is unknown. */
  async #keep(name: string, entry: Entry): Promise<void> {
    await this.#journal.write(name, entry).catch(() => {});
  }

  async #recorded(entry: Entry): Promise<Answer> {
    switch (entry.state) {
      case 'answered':
        return fromBinary(ResultSchema, entry.result).outcome as Answer;
      case 'failed': {
        const { kind, message, details } = entry.failure;
        throw new AgentFailure(kind, message, details as Readonly<Record<string, unknown>>);
      }
      default:
        throw new AgentFailure(
          'lost',
          'the agent was restarted while this ran; it is not known whether it took effect',
          {
            operation: entry.operation,
          },
        );
    }
  }
}

/** Kept in place of an answer that is too large: it says that the command ended. */
function tooLarge(bytes: number) {
  const message = `it ran to its end, and its answer of ${bytes} bytes was too large to be kept`;
  return { kind: 'upstream' as const, message, details: { reason: message } };
}

/** How soon the hub may try again if the agent cannot write, milliseconds. */
const RETRY_MS = 10_000;

/** The command has not begun: without its entry it could run twice. */
function unwritable({ code, message }: NodeJS.ErrnoException): AgentFailure {
  const reason = `the agent cannot write its journal${code === 'ENOSPC' ? ': its disk is full' : ` (${message})`}`;
  return new AgentFailure('overloaded', reason, { reason, retryAfterMs: RETRY_MS, outcome: 'not_run' });
}

/** The command was cancelled while its entry was being written. */
function notBegun(reason: unknown): AgentFailure {
  const { kind, message, details } = reason as AgentFailure;
  return new AgentFailure(kind, message, { ...details, outcome: 'not_run' });
}
