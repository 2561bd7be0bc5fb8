import { compilePattern } from '@roundhouse/proto/patterns';
import { sourceArgument } from '../drivers/sources/command.js';

/** Whether the patterns of a list allow a text. */
export type Matcher = (text: string) => boolean;

/**
 * `*` stands for any characters, `?` for one; nothing else is special. The time of a match is linear in the text, which the hub chooses.
 * @param flags `i`: upper and lower case are the same
 */
export function glob(pattern: string, any = '.', flags: '' | 'i' = ''): Matcher {
  const source = pattern.replace(/[\\^$.*+?()[\]{}|/]/g, (sign) =>
    sign === '*' ? `${any}*` : sign === '?' ? any : `\\${sign}`,
  );
  return compilePattern(`(?s${flags})^${source}$`);
}

/**
 * A command line, word by word: each word of the pattern is a glob for one word of the command; a last word `**` stands for
 * any further ones.
 */
export function commandPattern(pattern: string): (words: readonly string[]) => boolean {
  const parts = pattern.trim().split(/\s+/);
  const open = parts.at(-1) === '**';
  const globs = (open ? parts.slice(0, -1) : parts).map((part) => glob(part));
  return (words) =>
    (open ? words.length >= globs.length : words.length === globs.length) &&
    globs.every((matches, index) => matches(words[index] ?? ''));
}

/** Programs that fetch packages and run them. */
const fetching = /(^|\/)(npx|npm|pnpm|pnpx|yarn|bunx?|deno|uvx?|pipx|pip3?)$/;

/**
 * An allowed command line. For a program that fetches packages, wildcards stand only for packages of the registry, by name and version. An
 * address, file, alias or repository has to be named word for word; so has every line whose source is unknown.
 */
export function allowedCommand(pattern: string): (words: readonly string[]) => boolean {
  const fits = commandPattern(pattern);
  const parts = pattern.trim().split(/\s+/);
  return (words) => {
    const [command = '', ...args] = words;
    if (!fits(words)) return false;
    if (!fetching.test(command)) return true;
    const source = sourceArgument(command, args);
    if (source === undefined) return parts.length === words.length && parts.every((part, at) => part === words[at]);
    return source.isPackage || parts[source.at + 1] === args[source.at];
  };
}

/** An address: globs for its scheme, its host with the port, and its path (any where the pattern has none). A host's `*` stays within the host. */
export function urlPattern(pattern: string): Matcher {
  const parts = /^([^/:]+):\/\/([^/]+)(\/.*)?$/.exec(pattern);
  if (!parts) return () => false;
  const [scheme, host] = [glob(parts[1] ?? ''), glob((parts[2] ?? '').toLowerCase(), '[^/]')];
  const path = parts[3] === undefined ? () => true : glob(parts[3]);
  return (text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    return scheme(url.protocol.slice(0, -1)) && host(url.host) && path(url.pathname + url.search);
  };
}

/** Whether this is the form of {@link urlPattern}. */
export function isUrlPattern(pattern: string): boolean {
  return /^[^/:\s]+:\/\/[^/\s]+(\/\S*)?$/.test(pattern);
}
