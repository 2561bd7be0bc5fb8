import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { goCacheFolder, goPath } from '../../deploy/local/parts.mjs';
import { ADMIN_KEY, ADMIN_PASSWORD, type Hub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

/** The module. */
export const module = fileURLToPath(new URL('../../sdk/go', import.meta.url));
/** Programs that use it, as a module of their own. */
const programs = fileURLToPath(new URL('../fixtures/go-sdk', import.meta.url));

const environment = {
  ...process.env,
  CGO_ENABLED: '0',
  GOCACHE: goCacheFolder,
  GOFLAGS: '-mod=mod',
  GOPROXY: 'off',
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
};

/** Runs `go` to its end; returns its output. @throws with its standard error if it fails */
export async function go(args: readonly string[], cwd = programs): Promise<string> {
  const { stdout } = await promisify(execFile)(goPath, args, { cwd, env: environment });
  return stdout;
}

/** The files that gofmt would change: names, one a line. */
export async function gofmt(): Promise<string> {
  const root = (await go(['env', 'GOROOT'])).trim();
  const { stdout } = await promisify(execFile)(join(root, 'bin', 'gofmt'), ['-l', module, programs]);
  return stdout;
}

/** Builds the programs; gives the folder that has them. */
export async function buildPrograms(t: Test): Promise<string> {
  const folder = tempFolder(t);
  await go(['build', '-o', `${folder}/`, './...']);
  return folder;
}

/** Runs the document's example; returns its output, by lines. */
export async function runDocument(folder: string, hub: Hub): Promise<string[]> {
  const env = { HUB: hub.url, KEY: ADMIN_KEY };
  const { stdout } = await promisify(execFile)(join(folder, 'document'), [], { env });
  return stdout.trimEnd().split('\n');
}

/** A line that a program printed. */
// biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
export type Told = any;

/** A scenario of test/fixtures/go-sdk/program, whose lines are read as they come. */
export class GoProgram {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(t: Test, folder: string, scenario: string, hub: Hub, env: Readonly<Record<string, string>> = {}) {
    const settings = { HUB: hub.url, KEY: ADMIN_KEY, PASSWORD: ADMIN_PASSWORD };
    const child = spawn(join(folder, 'program'), [scenario], { env: { ...process.env, ...settings, ...env } });
    this.#child = child;
    this.#closed = once(child, 'close');
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    child.stderr.on('data', (chunk) => {
      this.#errors += chunk;
    });
    t.teardown(() => child.kill('SIGKILL'));
  }

  /** Its next line. @throws with its standard error if it has ended. */
  async told(): Promise<Told> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`it ended: ${this.#errors}`);
    return JSON.parse(value);
  }

  /** Lets it go on where it waits. */
  cue(): void {
    this.#child.stdin?.write('\n');
  }

  /** All its further lines, once it has ended. @throws if it fails. */
  async rest(): Promise<Told[]> {
    const lines: Told[] = [];
    for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next())
      lines.push(JSON.parse(next.value));
    await this.#closed;
    if (this.#child.exitCode !== 0) throw new Error(`exit code ${this.#child.exitCode}: ${this.#errors}`);
    return lines;
  }
}
