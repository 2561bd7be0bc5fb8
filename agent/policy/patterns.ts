import { compilePattern } from '@roundhouse/proto/patterns';
import { sourceArgument } from '../drivers/sources/command.js';
import { type LineKind, namesEach, placeOptions } from './options.js';

/** Whether a text matches a pattern. */
export type Matcher = (text: string) => boolean;

/**
 * A glob: `*` stands for any characters, `?` for one, and no other character is special. The time of a match is linear in the text, which
 * the hub chooses.
 * @param flags `i`: upper and lower case are the same
 */
export function glob(pattern: string, any = '.', flags: '' | 'i' = ''): Matcher {
  const source = pattern.replace(/[\\^$.*+?()[\]{}|/]/g, (sign) =>
    sign === '*' ? `${any}*` : sign === '?' ? any : `\\${sign}`,
  );
  return compilePattern(`(?s${flags})^${source}$`);
}

/** A segment `..` of a path, also after the signs that precede a path in an argument (`--root=..`, `a:..`), and in the encoding of URLs. */
const parentFolder = /(?:^|[/\\:=,;]|%2f|%5c)(?:\.|%2e){2}(?=$|[/\\:,;]|%2f|%5c)/i;

/** A glob for an allowed text. A wildcard next to a path matches nothing outside of that path: it fits no text with a segment `..`. */
export function pathPattern(pattern: string): Matcher {
  const fits = glob(pattern);
  return (text) => fits(text) && (text === pattern || !/[/\\]/.test(pattern) || !parentFolder.test(text));
}

/** A glob for an allowed image. A wildcard in the host of a registry (`*.example.org/tools/*`) stays in the host. */
export function imagePattern(pattern: string): Matcher {
  const [, host = '', path = ''] = /^([^/]*[.:][^/]*\/)(.*)$/s.exec(pattern) ?? [];
  if (host === '') return glob(pattern);
  const [inHost, inPath] = [glob(host, '[^/]'), glob(path)];
  return (text) => {
    const end = text.indexOf('/') + 1;
    return inHost(text.slice(0, end)) && inPath(text.slice(end));
  };
}

/**
 * A command line, word by word: each word of the pattern is a glob for one word of the command; a last word `**` stands for
 * any further words.
 * @param wordPattern makes the matcher of one word
 */
export function commandPattern(
  pattern: string,
  wordPattern: (part: string, at: number, parts: readonly string[]) => Matcher = (part) => glob(part),
): (words: readonly string[]) => boolean {
  const parts = pattern.trim().split(/\s+/);
  const open = parts.at(-1) === '**';
  const globs = (open ? parts.slice(0, -1) : parts).map((part, at, all) => wordPattern(part, at, all));
  return (words) =>
    (open ? words.length >= globs.length : words.length === globs.length) &&
    globs.every((matches, index) => matches(words[index] ?? ''));
}

/** Programs that fetch packages and run them. */
const fetching = /(^|\/)(npx|npm|pnpm|pnpx|yarn|bunx?|deno|uvx?|pipx|pip3?)$/;

/**
 * A glob for an allowed word. In a list of fields (`type=bind,source=/srv/*,target=/data`), a wildcard stays in its field: it adds no other field.
 * Next to other characters of a `--tmpfs`, it adds no options.
 */
function allowedWord(part: string, at: number, parts: readonly string[]): Matcher {
  if (part.startsWith('--tmpfs=') || (parts[at - 1] === '--tmpfs' && part !== '*')) return glob(part, '[^,:]');
  // `-v /srv/data/*:/data`: the container's folder, and the options, are those of the pattern.
  const isMount = /^(-v|--volume)./.test(part) || mountFlags.test(parts[at - 1] ?? '');
  if (isMount && part.includes(':')) return glob(part, '[^:,]');
  return glob(part, part.includes(',') ? '[^,]' : '.');
}

const mountFlags = /^(-v|--volume)$/;

/**
 * An allowed command line. No `*` stands for `--user` or `--workdir` of `docker exec`: a pattern names them. No wildcard stands for the words of
 * {@link namesEach}. A word with a segment `..` fits only `*`, `**` and itself: next to other characters, a wildcard matches nothing outside of
 * the path that the pattern names. For a program that fetches packages, wildcards stand only for packages of the registry, by name and version.
 * An address, file, alias or repository has to be named word for word; so has every line whose source is unknown.
 * @param judgesVariables whether the site has rules for environment variables
 */
export function allowedCommand(
  pattern: string,
  judgesVariables = false,
  kind: LineKind = 'server',
): (words: readonly string[]) => boolean {
  const fits = commandPattern(pattern, allowedWord);
  const parts = pattern.trim().split(/\s+/);
  const isOpen = parts.at(-1) === '**';
  const isFurther = (at: number) => isOpen && at >= parts.length - 1;
  // A word may be anything where the pattern has only a wildcard.
  const staysInside = (word: string, at: number) =>
    isFurther(at) || parts[at] === '*' || parts[at] === word || !parentFolder.test(word);
  return (words) => {
    const [command = '', ...args] = words;
    if (!fits(words) || !words.every(staysInside) || !namesEach(parts, words, judgesVariables, kind)) return false;
    if (!placeOptions(words).every((at) => isFurther(at) || parts[at] === words[at])) return false;
    if (!fetching.test(command)) return true;
    const source = sourceArgument(command, args);
    if (source === undefined) return parts.length === words.length && parts.every((part, at) => part === words[at]);
    return source.isPackage || parts[source.at + 1] === args[source.at];
  };
}

/** An address: globs for its scheme, its host with the port, and its path (any path if the pattern has none). A host's `*` stays within the host. */
export function urlPattern(pattern: string, pathMatcher: (pattern: string) => Matcher = (path) => glob(path)): Matcher {
  const parts = /^([^/:]+):\/\/([^/]+)(\/.*)?$/.exec(pattern);
  if (!parts) return () => false;
  const [scheme, host] = [glob(parts[1] ?? ''), glob((parts[2] ?? '').toLowerCase(), '[^/]')];
  const path = parts[3] === undefined ? () => true : pathMatcher(parts[3]);
  return (text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    return scheme(url.protocol.slice(0, -1)) && host(url.host) && path(url.pathname + url.search);
  };
}

/** How many times a server may decode a path. A path that needs more fits no wildcard. */
const mostDecodings = 8;

/** A glob for the path of an allowed address. A wildcard stays within the path, also after a server has decoded it several times. */
export function urlPathPattern(pattern: string): Matcher {
  const fits = pathPattern(pattern);
  return (text) =>
    fits(text) && (text === pattern || !/[*?]/.test(pattern) || isPlainPath(text.split('?', 1)[0] ?? ''));
}

/** Whether a path has no segment `..` in any encoding, and no control characters: some servers leave these out. */
function isPlainPath(path: string): boolean {
  let text = path;
  for (let round = 0; round < mostDecodings; round += 1) {
    const decoded = text.replace(/%([0-7][0-9a-f])/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are refused.
    if (decoded === text) return !/[\x00-\x1f\x7f]/.test(text) && !parentFolder.test(text);
    text = decoded;
  }
  return false;
}

/** Whether this is the form of {@link urlPattern}. */
export function isUrlPattern(pattern: string): boolean {
  return /^[^/:\s]+:\/\/[^/\s]+(\/\S*)?$/.test(pattern);
}
