import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { goCacheFolder, goPath, porcupineCache, porcupineFolder } from '../../deploy/local/parts.mjs';
import { tempFolder } from '../temp-folder.js';

/** An operation of a client on one record. `swap` writes `value` if the record has the value `from`. */
export interface Request {
  readonly client: number;
  readonly record: string;
  readonly kind: 'create' | 'write' | 'swap' | 'remove' | 'read';
  readonly value?: string;
  readonly from?: string;
}

/**
 * The answer. `unknown`: the operation may have run, or may run later. `not_run`: it did not run. `seen`: the value that a read found.
 */
export interface Answer {
  readonly result: 'done' | 'exists' | 'absent' | 'conflict' | 'unknown' | 'not_run';
  readonly seen?: string;
}

/** What Porcupine says about a history: see `test/fixtures/porcupine/main.go`. */
export interface Report {
  readonly operations: number;
  readonly records: number;
  /** Records whose operations contradict each other. */
  readonly wrong: readonly string[];
  /** The operations of the first of them. */
  readonly example: readonly object[];
  /** Records that the check could not decide within its limit. */
  readonly undecided: readonly string[];
}

/** The operations of several clients, with the times of their calls and answers. */
export class History {
  readonly #lines: string[] = [];

  /** Runs an operation, and keeps it with its answer. An operation that did not run is left out, and so is a read without an answer. */
  async run(request: Request, call: () => Promise<Answer>): Promise<Answer> {
    const began = process.hrtime.bigint();
    const answer = await call();
    const ended = process.hrtime.bigint();
    const isLost = answer.result === 'not_run' || (answer.result === 'unknown' && request.kind === 'read');
    // JSON has no 64-bit numbers, and the line is read by a program that knows them.
    if (!isLost)
      this.#lines.push(`${JSON.stringify({ ...request, ...answer }).slice(0, -1)},"call":${began},"return":${ended}}`);
    return answer;
  }

  /** How many operations it has. */
  get size(): number {
    return this.#lines.length;
  }

  /** The operations as the program takes them: one line of JSON for each. */
  get lines(): string {
    return this.#lines.join('\n');
  }
}

/** Says whether each record behaves as if its operations had run one after the other. */
export type Checker = (history: History) => Promise<Report>;

/** Builds the program that asks Porcupine (parts `go` and `porcupine`). It stays for the test. */
export async function buildChecker(t: Test): Promise<Checker> {
  const program = join(tempFolder(t), 'porcupine');
  const offline = { GOFLAGS: '-buildvcs=false', GOPROXY: 'off', GOTOOLCHAIN: 'local', GOWORK: 'off', CGO_ENABLED: '0' };
  const env = { ...process.env, ...offline, GOCACHE: goCacheFolder, GOMODCACHE: porcupineCache };
  await promisify(execFile)(goPath, ['build', '-o', program, '.'], { cwd: porcupineFolder, env });
  return async (history) => {
    const child = spawn(program);
    const [output, errors] = [text(child.stdout), text(child.stderr)];
    child.stdin.end(history.lines);
    const said = await output;
    if (said === '') throw new Error(`the checker failed: ${await errors}`);
    return JSON.parse(said);
  };
}
