import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { pythonPath, pythonSdkFolder } from '../deploy/local/parts.mjs';
import { outsideFolder } from './temp-folder.js';

const source = fileURLToPath(new URL('../sdk/python', import.meta.url));
const programs = new URL('./fixtures/sdk/python/', import.meta.url);
const examples = new URL('./fixtures/data/examples/', import.meta.url);

/** The Python SDK as a user has it: built, and installed with its dependencies. */
export class PythonSdk {
  /** Where it is installed. */
  readonly folder: string;
  readonly #t: Test;

  constructor(t: Test, folder: string) {
    this.#t = t;
    this.folder = folder;
  }

  get env(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(?:ROUNDHOUSE_|PYTHON)/.test(name));
    const path = `${this.folder}:${pythonSdkFolder}`;
    return { ...Object.fromEntries(inherited), PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' };
  }

  /** Runs one of the fixture programs to its end, and gives the JSON that it prints. @throws where it fails. */
  async run(program: string, env: Readonly<Record<string, string>>): Promise<unknown> {
    const { child, exit } = this.start(['-W', 'error', fileURLToPath(new URL(`${program}.py`, programs))], env);
    const [output, errors, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), exit]);
    if (code !== 0) throw new Error(`${program} ended with ${code}:\n${output}\n${errors}`);
    if (errors !== '') throw new Error(`${program} complains:\n${errors}`);
    return JSON.parse(output);
  }

  /** Starts one of the fixture programs, to be spoken with. */
  talk(program: string, env: Readonly<Record<string, string>>): Talk {
    const { child, exit } = this.start([fileURLToPath(new URL(`${program}.py`, programs))], env);
    return new Talk(child, exit);
  }

  /** Starts an example as a document prints it, with some texts replaced. @throws if the example lacks one of these texts. */
  example(name: string, replaced: Readonly<Record<string, string>>): Talk {
    let code = readFileSync(new URL(name, examples), 'utf8');
    for (const [printed, here] of Object.entries(replaced)) {
      if (!code.includes(printed)) throw new Error(`the example does not say ${printed}`);
      code = code.replaceAll(printed, here);
    }
    const { child, exit } = this.start(['-c', code], {});
    return new Talk(child, exit);
  }

  start(args: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawn(pythonPath, args, { env: { ...this.env, ...env } });
    const exit = once(child, 'close').then(([code]) => code as number | null);
    this.#t.teardown(() => child.kill('SIGKILL'));
    return { child, exit };
  }
}

/** A program that is spoken with line by line. */
export class Talk {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly exit: Promise<number | null>;
  readonly errors: Promise<string>;

  constructor(child: ChildProcess, exit: Promise<number | null>) {
    this.#child = child;
    this.exit = exit;
    this.errors = textOf(child.stderr);
    if (!child.stdout) throw new Error('its output is not read');
    const lines: Interface = createInterface(child.stdout);
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** The next line that it prints. @throws where it ends instead. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`it ended:\n${await this.errors}`);
    return value;
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Stops it in its tracks, or lets it go on. */
  pause(paused: boolean): void {
    this.#child.kill(paused ? 'SIGSTOP' : 'SIGCONT');
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exit;
  }
}

const textOf = (stream: NodeJS.ReadableStream | null) => (stream ? text(stream) : Promise.resolve(''));

/** Builds the SDK, and installs it. */
export async function installPythonSdk(t: Test): Promise<PythonSdk> {
  const folder = outsideFolder(t);
  // The build leaves files in its source.
  cpSync(source, join(folder, 'source'), { recursive: true });
  const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore', '--no-index'];
  const alone = ['--no-deps', '--no-build-isolation', '--no-compile'];
  const target = join(folder, 'installed');
  const env = { ...process.env, PYTHONPATH: pythonSdkFolder, PYTHONDONTWRITEBYTECODE: '1' };
  const args = ['-m', 'pip', 'install', ...quiet, ...alone, '--target', target, join(folder, 'source')];
  await promisify(execFile)(pythonPath, args, { env });
  return new PythonSdk(t, target);
}
