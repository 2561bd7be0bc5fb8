import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentFailure } from '../../failure.js';
import { installerEnvironment } from '../process/environment.js';
import { ProcessGroup } from '../process/group.js';
import { LineSplitter } from '../process/lines.js';

/** The time limit of a package manager, milliseconds. */
const limitMs = 15 * 60_000;

/** How much of a program's output is kept, characters. */
const outputLimit = 4 * 1024 * 1024;

export interface RunOptions {
  readonly cwd: string;
  /** Gets each line of standard error. */
  readonly note?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Further variables, in addition to those of every installer. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a package manager and returns its output.
 * @throws AgentFailure `upstream` with the most useful line of its output (`details.missing`: the registry does not have the version), `timeout`, `cancelled`.
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { cwd, note, signal } = options;
  const env = { ...installerEnvironment(), ...options.env };
  const group = await ProcessGroup.start(command, args, { cwd, env, label: 'install' }).catch((error) => {
    const reason =
      error.code === 'ENOENT' ? `${command} is not installed at this agent` : `${command}: ${error.message}`;
    throw new AgentFailure('upstream', reason, { reason });
  });
  const lines: string[] = [];
  const keep = (text: string) => {
    const line = withoutUserInfo(text);
    lines.push(line);
    if (lines.length > 200) lines.shift();
    note?.(line);
  };
  const errors = new LineSplitter(16_384, 16_384, { line: keep, overlong: keep });
  let output = '';
  group.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  group.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output.length < outputLimit) output += text;
  });
  group.stdin.end();
  // The `stop` below reports any error.
  const stop = () => group.kill().catch(() => {});
  const timer = setTimeout(stop, limitMs);
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  const exit = await group.exited;
  clearTimeout(timer);
  signal?.removeEventListener('abort', stop);
  errors.end();
  // Its background processes end, too.
  await group.stop();
  if (signal?.aborted) throw new AgentFailure('cancelled', 'the installation was stopped');
  if (exit.code === 0) return output;
  const missing = isMissing(lines) ? { missing: true } : {};
  const reason = `${command} ${args[0] ?? ''} failed: ${telling(lines) || telling(withoutUserInfo(output).split('\n')) || `exit code ${exit.code}`}`;
  throw new AgentFailure('upstream', reason, { reason, ...missing });
}

/**
 * The messages of npm, pip, uv and git about a package, a version or a ref that their registry or repository does not have. pip finds no
 * versions, too, if its index refuses the request or fails. Only an index that names other versions has answered.
 */
const absence =
  /npm error code (?:E404|ETARGET)|\(from versions: (?!none\))|there is no version of|was not found in the package registry|did not match any file\(s\) known to git|reference is not a tree|not our ref|couldn't find remote ref/;

/** The messages of pip and uv about an index that could not be asked. */
const silence = /Retrying \(|could not be queried/;

/** Whether the registry has answered that it does not have the package or version. uv breaks its sentences into lines. */
function isMissing(lines: readonly string[]): boolean {
  const text = lines.join(' ').replace(/\s+/g, ' ');
  return absence.test(text) && !silence.test(text);
}

/** Lines of npm and pip that announce an error without its reason. */
const unclear =
  /complete log|npm error (code|errno|syscall|command|An unknown git error|The git reference could not)|subprocess-exited-with-error/i;

/** The line of a failed installation's output that gives the reason. */
function telling(lines: readonly string[]): string {
  const said = lines.map((line) => line.trim()).filter((line) => line !== '');
  const errors = said.filter((line) => /\berr(or)?\b|^fatal:/i.test(line) && !unclear.test(line));
  return (errors[0] ?? said.at(-1) ?? '').slice(0, 500);
}

/** Addresses of registries and repositories may hold credentials: no log may show them. They end at the last `@` before the path. */
export function withoutUserInfo(text: string): string {
  return text.replace(/(:\/\/)[^/\s'"]+@/g, '$1');
}

/** Whether a program is found on PATH. */
export async function onPath(program: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    if (folder === '') continue;
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
