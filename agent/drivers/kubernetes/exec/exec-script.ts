/** The variable that marks a command and the processes that it starts. */
const variable = 'ROUNDHOUSE_EXEC';

/**
 * Says who it is (the mark and its process id, on a line of standard error that begins with \1), and becomes the command: `$1` the mark, `$2` how many
 * bytes of input the command gets (`-`: that of the terminal, or none), then the command. Old clusters have no way to end a
 * command's input: `head` does it. Input that the command does not read is read all the same: a node that closes its connection with
 * input unread resets it, and the exit code with it.
 */
const starter = [
  'm=$1 n=$2',
  'shift 2',
  `if [ "$n" != - ] && ! command -v head >/dev/null 2>&1; then printf '\\001%s:nohead\\n' "$m" >&2; exit 127; fi`,
  `printf '\\001%s:%s\\n' "$m" "$$" >&2`,
  `${variable}=$m`,
  `export ${variable}`,
  '[ "$n" != - ] || exec "$@"',
  'head -c "$n" | { "$@"; c=$?; head -c "$n" >/dev/null; exit "$c"; }',
].join('\n');

/**
 * Ends a command and every process it has started: those in its session, and those with its mark. `$1` is the mark, `$2` the process id, or
 * `-` if it is unknown. Written for a shell without any tools: without `grep` it sees no marks, without `sleep` it waits for no process.
 */
const ender = [
  'm=$1 leader=$2',
  'each() {',
  '  left=',
  '  for d in /proc/[0-9]*; do',
  `    p=\${d#/proc/}`,
  '    [ "$p" != "$$" ] || continue',
  '    s=',
  '    { read -r s <"$d/stat"; } 2>/dev/null || continue',
  // After the program's name, which may hold anything: state, parent, group, session.
  `    set -- \${s##*) }`,
  '    [ "$1" != Z ] || continue',
  `    if [ "$4" = "$leader" ] || [ "$p" = "$leader" ] || grep -q "${variable}=$m" "$d/environ" 2>/dev/null; then`,
  '      kill -"$sig" "$p" 2>/dev/null',
  '      left=1',
  '    fi',
  '  done',
  '}',
  'sig=TERM; each',
  'i=0',
  'sig=0',
  'while [ -n "$left" ] && [ "$i" -lt 10 ]; do',
  '  sleep 0.2 2>/dev/null || sleep 1 2>/dev/null || break',
  '  each; i=$((i+1))',
  'done',
  'if [ -n "$left" ]; then sig=KILL; each; sleep 0.2 2>/dev/null; sig=0; each; fi',
  'if [ -n "$left" ]; then echo left; else echo ended; fi',
].join('\n');

/** The command that runs another one so that it can be ended. @param input its length in bytes; `undefined`: a terminal's, or none. */
export function startCommand(mark: string, input: number | undefined, command: readonly string[]): string[] {
  return ['/bin/sh', '-c', starter, 'sh', mark, input === undefined ? '-' : String(input), ...command];
}

/** The command that ends all processes of {@link startCommand}, and then writes `ended`. */
export function endCommand(mark: string, pid: number | undefined): string[] {
  return ['/bin/sh', '-c', ender, 'sh', mark, String(pid ?? '-')];
}

/** The first words of {@link startCommand}. */
export interface Greeting {
  /** The process id within the container; `undefined` if the input cannot be ended and nothing was run. */
  readonly pid: number | undefined;
  /** The output after the greeting. */
  readonly rest: Buffer;
}

/**
 * Looks for the greeting in the output so far: `undefined` while it is not complete. A shell's complaints about the container may precede
 * it, about its language for example.
 */
export function readGreeting(mark: string, output: Buffer): Greeting | undefined {
  const key = `\u0001${mark}:`;
  const begin = output.indexOf(key);
  const end = begin < 0 ? -1 : output.indexOf('\n', begin);
  if (end < 0) return undefined;
  const said = output
    .subarray(begin + key.length, end)
    .toString()
    .trim();
  return { pid: /^[0-9]+$/.test(said) ? Number(said) : undefined, rest: output.subarray(end + 1) };
}
