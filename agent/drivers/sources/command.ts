import { type GitCommand, nameGitVersion, parseGitSpec } from './git/git-command.js';
import { nameImageVersion } from './image.js';
import { canonical } from './pypi/pypi-program.js';

/** A command line that names a package instead of a program: the package that `npx` or `uvx` would fetch and run. */
export interface SourceCommand {
  readonly kind: 'npm' | 'pypi';
  /** The package's name, in its registry's canonical form. */
  readonly name: string;
  /** PyPI extras, sorted. */
  readonly extras: readonly string[];
  /** An exact version, a range or a tag; empty for the newest version. */
  readonly version: string;
  /** The program of the package to run; empty: the package's own. */
  readonly program: string;
  readonly args: readonly string[];
}

/** The place in a command line that names its source. */
interface Found {
  readonly installer: 'npm' | 'pypi';
  /** The package, with its version. */
  readonly spec: string;
  /** The index of the argument that contains it, and the text before it there (`--from=`). */
  readonly at: number;
  readonly prefix: string;
  /** The program to run, if the command names it separately. */
  readonly program: string | undefined;
  readonly args: readonly string[];
}

const npmSpec = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:@([a-z0-9.^~<>=|*+ -]*))?$/i;
const pypiSpec =
  /^([a-z0-9][a-z0-9._-]*)(?:\[([a-z0-9._, -]+)\])?(?:@([a-z0-9.!+]+)|((?:[<>=!~]=?|===)[a-z0-9.!+*,<>=~ ]+))?$/i;

/** A program of a package, by its name and not by a path. */
const programName = /^(?!\.{1,2}$)[\w.@+-]+$/;

/**
 * Recognises `npx [-y] pkg[@version] [args]`, `npx [-y] -p pkg[@version] program [args]`, `uvx pkg[==version|@version] [args]`
 * and `uvx --from pkg[==version] program [args]` (also as `npm exec`'s and `uv tool run`'s short forms are written), with a git
 * repository in the package's place too. `undefined` for everything else, which is run as it is given.
 */
export function parseSourceCommand(command: string, args: readonly string[]): SourceCommand | GitCommand | undefined {
  const found = findSource(command, args);
  if (found === undefined) return undefined;
  const { installer, spec, program, args: rest } = found;
  const git = parseGitSpec(installer, spec);
  if (git !== undefined) return { kind: 'git', installer, ...git, program: program ?? '', args: rest };
  return installer === 'npm' ? parseNpm(found) : parsePypi(found);
}

/**
 * Which argument names the source of a command line, and whether the source is a package of the registry: a name with or without a version.
 * An address, a file, an alias or a repository is fetched from another place. `undefined` if the source is not known.
 */
export function sourceArgument(
  command: string,
  args: readonly string[],
): { readonly at: number; readonly isPackage: boolean } | undefined {
  const found = findSource(command, args);
  const kind = parseSourceCommand(command, args)?.kind;
  return found && { at: found.at, isPackage: kind === 'npm' || kind === 'pypi' };
}

/** The arguments of a command with its source at another version; `undefined` if it names no source. */
export function nameVersion(command: string, args: readonly string[], version: string): string[] | undefined {
  const image = nameImageVersion(command, args, version);
  if (image !== undefined) return image;
  const source = parseSourceCommand(command, args);
  const found = findSource(command, args);
  if (source === undefined || found === undefined) return undefined;
  const { spec, at, prefix } = found;
  return args.map((arg, i) => (i === at ? `${prefix}${namedVersion(source, spec, version)}` : arg));
}

function namedVersion(source: SourceCommand | GitCommand, spec: string, version: string): string {
  if (source.kind === 'git') return nameGitVersion(source.installer, spec, version);
  if (source.kind === 'npm') return `${source.name}@${version}`;
  const [, name = '', extras] = pypiSpec.exec(spec) ?? [];
  const bare = `${name}${extras === undefined ? '' : `[${extras}]`}`;
  return spec.includes('@') ? `${bare}@${version}` : `${bare}==${version}`;
}

function findSource(command: string, args: readonly string[]): Found | undefined {
  const program = command.slice(command.lastIndexOf('/') + 1);
  if (program === 'npx') return find('npm', args, 0, /^(-y|--yes|-q|--quiet|--)$/, ['-p', '--package']);
  if (program === 'uvx') return find('pypi', args, 0, /^(-q|--quiet|--)$/, ['--from']);
  const uv = program === 'uv' && args[0] === 'tool' && args[1] === 'run';
  return uv ? find('pypi', args, 2, /^(-q|--quiet|--)$/, ['--from']) : undefined;
}

/** Reads known flags at the beginning; `undefined` if there is an unknown flag. */
function find(
  installer: 'npm' | 'pypi',
  args: readonly string[],
  first: number,
  plain: RegExp,
  naming: readonly string[],
): Found | undefined {
  let named: Pick<Found, 'spec' | 'at' | 'prefix'> | undefined;
  for (let i = first; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [flag = '', value] = arg.startsWith('--') ? arg.split(/=(.*)/s) : [arg];
    if (plain.test(arg)) continue;
    if (!arg.startsWith('-')) {
      if (named !== undefined)
        return programName.test(arg) ? { installer, ...named, program: arg, args: args.slice(i + 1) } : undefined;
      return { installer, spec: arg, at: i, prefix: '', program: undefined, args: args.slice(i + 1) };
    }
    // Several packages at once are left to the program itself.
    if (!naming.includes(flag) || named !== undefined) return undefined;
    const spec = value ?? args[++i];
    if (spec === undefined) return undefined;
    named = { spec, at: i, prefix: value === undefined ? '' : `${flag}=` };
  }
  return undefined;
}

/** npm takes a version of this form for a file or a folder. */
const npmFile = /^\.|\.(?:tgz|tar|tar\.gz)$/i;

function parseNpm({ spec, program, args }: Found): SourceCommand | undefined {
  const match = npmSpec.exec(spec);
  if (match === null) return undefined;
  const [, name = '', version = ''] = match;
  if (npmFile.test(version)) return undefined;
  return { kind: 'npm', name, extras: [], version, program: program ?? '', args };
}

function parsePypi({ spec, program, args }: Found): SourceCommand | undefined {
  const match = pypiSpec.exec(spec);
  if (match === null) return undefined;
  const [, found = '', extras = '', at = '', constraint = ''] = match;
  const sorted = extras === '' ? [] : extras.split(',').map((extra) => extra.trim().toLowerCase());
  return {
    kind: 'pypi',
    name: canonical(found),
    extras: sorted.sort(),
    version: (at === 'latest' ? '' : at) || constraint.replace(/^==(?=[^*]+$)/, ''),
    program: program ?? found,
    args,
  };
}
