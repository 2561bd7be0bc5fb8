import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import { nightly } from '../nightly.js';

/** The shells that run the commands of the documents. */
export const shells = ['bash', 'zsh'] as const;

/**
 * The shells for a page whose commands are dear: documents take turns, and at night each runs in both.
 * @param at the number of the document among those of the test
 */
export const shellsInTurn = (at: number) => shells.filter((_, n) => nightly || n === at % shells.length);

/**
 * The first lines of a shell that runs a document's commands. It ends at the command that fails, and names it: a request that the hub refuses
 * fails, too. Streams that would never end get an end.
 */
export const strict = `
set -e -o pipefail
trap 'echo "failed: $BASH_COMMAND" >&2' ERR
curl() {
  local code=0
  case " $* " in
    *" -N "*) command curl --fail-with-body --max-time 5 "$@" || code=$? ;;
    *" -fsSL "* | *" -sf "*) command curl "$@" || code=$? ;;
    *) command curl --fail-with-body "$@" || code=$? ;;
  esac
  # 28: the stream was followed for long enough.
  [ $code -eq 28 ] || return $code
}
`;

/**
 * Runs commands in one shell, all of which have to succeed.
 * @param folder where it starts
 * @param env its whole environment
 * @returns their output
 */
export async function runShell(
  t: Test,
  folder: string,
  commands: readonly string[],
  program: (typeof shells)[number] = 'bash',
  env = process.env,
): Promise<string> {
  const shell = spawn(program, ['-s'], { cwd: folder, env });
  t.teardown(() => shell.kill('SIGKILL'));
  let said = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk) => (said += chunk));
  shell.stdin.end(commands.join('\n'));
  const [code] = await once(shell, 'close');
  t.equal(code, 0, said.slice(-4000));
  return said;
}
