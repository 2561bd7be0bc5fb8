/** A command line that names a package instead of a program: what `npx` or `uvx` would fetch and run. */
export interface SourceCommand {
  readonly kind: 'npm' | 'pypi';
  /** The package's name, in its registry's canonical form. */
  readonly name: string;
  /** PyPI extras, sorted. */
  readonly extras: readonly string[];
  /** An exact version, a range or tag, or empty: whatever is newest. */
  readonly version: string;
  /** The program of the package to run; empty: the package's own. */
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Recognises `npx [-y] pkg[@version] [args]`, `npx [-y] -p pkg[@version] program [args]`, `uvx pkg[==version|@version] [args]`
 * and `uvx --from pkg[==version] program [args]` (also as `npm exec`'s and `uv tool run`'s short forms are written).
 * `undefined` for everything else, which is run as it is given.
 */
export function parseSourceCommand(command: string, args: readonly string[]): SourceCommand | undefined {
  const program = command.slice(command.lastIndexOf('/') + 1);
  if (program === 'npx') return parseNpx(args);
  if (program === 'uvx') return parseUvx(args);
  if (program === 'uv' && args[0] === 'tool' && args[1] === 'run') return parseUvx(args.slice(2));
  return undefined;
}

function parseNpx(args: readonly string[]): SourceCommand | undefined {
  const rest = readFlags(args, /^(-y|--yes|-q|--quiet|--)$/, ['-p', '--package']);
  if (rest === undefined) return undefined;
  const [spec, ...after] = rest.named === undefined ? rest.args : [rest.named, ...rest.args];
  const match = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:@([a-z0-9.^~<>=|*+ -]*))?$/i.exec(
    spec ?? '',
  );
  if (match === null) return undefined;
  const [, name = '', version = ''] = match;
  const program = rest.named === undefined ? '' : after.shift();
  return program === undefined ? undefined : { kind: 'npm', name, extras: [], version, program, args: after };
}

function parseUvx(args: readonly string[]): SourceCommand | undefined {
  const rest = readFlags(args, /^(-q|--quiet|--)$/, ['--from']);
  if (rest === undefined) return undefined;
  const [spec, ...after] = rest.named === undefined ? rest.args : [rest.named, ...rest.args];
  const match =
    /^([a-z0-9][a-z0-9._-]*)(?:\[([a-z0-9._, -]+)\])?(?:@([a-z0-9.!+]+)|((?:[<>=!~]=?|===)[a-z0-9.!+*,<>=~ ]+))?$/i.exec(
      spec ?? '',
    );
  if (match === null) return undefined;
  const [, found = '', extras = '', at = '', constraint = ''] = match;
  const name = found.toLowerCase().replace(/[-_.]+/g, '-');
  const program = rest.named === undefined ? found : after.shift();
  if (program === undefined) return undefined;
  return {
    kind: 'pypi',
    name,
    extras:
      extras === ''
        ? []
        : extras
            .split(',')
            .map((extra) => extra.trim().toLowerCase())
            .sort(),
    version: (at === 'latest' ? '' : at) || constraint.replace(/^==(?=[^*]+$)/, ''),
    program,
    args: after,
  };
}

interface Flags {
  /** The value of the flag that names a package. */
  readonly named: string | undefined;
  readonly args: string[];
}

/** Takes known flags off the front; `undefined` when there is one that is not known. */
function readFlags(args: readonly string[], plain: RegExp, naming: readonly string[]): Flags | undefined {
  let named: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [flag = '', value] = arg.startsWith('--') ? arg.split(/=(.*)/s) : [arg];
    if (plain.test(arg)) continue;
    if (!arg.startsWith('-')) return { named, args: args.slice(i) };
    // Several packages at once are left to the program itself.
    if (!naming.includes(flag) || named !== undefined) return undefined;
    named = value ?? args[++i];
    if (named === undefined) return undefined;
  }
  return undefined;
}
