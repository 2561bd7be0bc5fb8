/**
 * The commands behind a pipe that only choose lines of an output, or their form, on all platforms together: the registration says which
 * platform a device has, and it may be wrong. Words may be shortened, as devices allow.
 */
const filters: readonly string[] = [
  // Of IOS.
  ...['begin', 'count', 'exclude', 'format', 'include', 'section'],
  // Of NX-OS.
  ...[
    'cut',
    'egrep',
    'end',
    'grep',
    'head',
    'human',
    'json',
    'json-pretty',
    'last',
    'no-more',
    'nz',
    'tr',
    'uniq',
    'wc',
  ],
  ...['xml', 'xmlin', 'xmlout'],
  // Of Junos.
  ...['compare', 'display', 'except', 'find', 'hold', 'match', 'refresh', 'resolve', 'trim'],
];

/**
 * Commands behind a pipe that write or send the output, or run other commands. They are listed so that their shortened forms do not count as
 * filters.
 */
const writers: readonly string[] = [
  ...['append', 'awk', 'bash', 'diff', 'email', 'less', 'perl', 'python', 'redirect', 'request', 'save', 'sed', 'sort'],
  ...['source', 'sscp', 'tee', 'vsh', 'xargs'],
];

/** Filters of devices that do more in a Linux shell: `find` deletes and runs with its options, and `uniq` writes to its second file. */
const moreInShell = /^(?:find .*(?:\$[\w{]|[^\w/.:]-)|uniq (?!-\w+$))/i;

/** Signs that begin another command at some device: `;` on NX-OS, the others in a Linux shell. */
const between = /[;&`(]/;

/** Signs that write to a file, or read from one. */
const redirects = /[<>]/;

/**
 * Classes commands by their first words. `keeps`: the first words of commands that change nothing, as alternatives of a regular expression.
 * They match whole words, because `p` for `ping` would also match `python` and `poweroff`. A line is a change if its output is piped to
 * more than filters, if it has a second command, or if it has an address on the network: another host would get a request of the device,
 * and choose the output.
 */
export function classifier(keeps: string): (command: string) => CommandClass {
  const reads = new RegExp(`^(?:${keeps})(?: |$)`, 'i');
  return (command) => {
    const [shown = ''] = split(command, withoutQuotedPatterns(command), /\|/);
    const isRead = reads.test(command) && !leavesDevice(shown) && !redirects.test(command);
    return isRead && commandsIn(command).length === 1 ? 'read' : 'change';
  };
}

/** Commands whose arguments are files: `more tftp:x` reads from another host, too. */
const onFiles = /^(?:dir|more|verify|file) /i;
/** The file systems and modules of a device itself. */
const own =
  /^(?:stby-|sup-|sec-|slave)?(?:(?:boot|hard|usb|log|ex)?(?:flash|disk|usb)|slot|nvram|crashinfo|system|volatile|tmpsys|null|archive|debug|log|re|fpc|member|node)\d*(?:-\d+)?$/i;

/** Whether a command has a word of the form `NAME:…` or `NAME://…` that may lead to another host, because the device has no such file system. */
function leavesDevice(command: string): boolean {
  return command.split(/[ "]/).some((word) => {
    const at = word.indexOf(onFiles.test(command) ? ':' : '://');
    return at >= 0 && (!own.test(word.slice(0, at)) || word.includes('://', at + 1));
  });
}

/** Whether a command begins with `show`: a device asks nothing then. */
export function isShow(command: string): boolean {
  return shows.test(command);
}

/** The commands that a line runs on any platform: one after the other, with the targets of pipes that are not filters. */
export function commandsIn(line: string): string[] {
  return split(line, withoutQuotedPatterns(line), between).flatMap((command) => {
    const targets = split(command, withoutQuotedPatterns(command), /\|/).slice(1);
    return [command, ...targets.filter((target) => !isFilter(target.trim()))].map((text) => text.trim());
  });
}

/**
 * The line with blanks for the signs that mean nothing in a quoted pattern (`| match "a|(b)"`). After a backslash or an apostrophe, or with an
 * open quote, it is not known which signs are in quotes, and each counts.
 */
function withoutQuotedPatterns(line: string): string {
  const isClear = !/[\\']/.test(line) && line.split('"').length % 2 === 1;
  return isClear ? line.replace(/"[^"]*"/g, (quoted) => quoted.replace(/\||(?<!\$)\(/g, ' ')) : line;
}

/** The parts of a line between the signs that `marked`, a text of the same length, has. */
function split(line: string, marked: string, sign: RegExp): string[] {
  let at = 0;
  return marked.split(sign).map((part) => {
    const from = at;
    at += part.length + 1;
    return line.slice(from, from + part.length);
  });
}

function isFilter(target: string): boolean {
  const first = (target.split(' ')[0] ?? '').toLowerCase();
  const begins = (full: string) => full.startsWith(first);
  if (first === '' || moreInShell.test(target)) return false;
  return filters.includes(first) || (filters.some(begins) && !writers.some(begins));
}

/** A command in the form that is typed: `sh` is the name of a program in a Linux shell, and short for `show` on devices. */
export function typedForm(command: string): string {
  return command.replace(/^(\s*)sh(?=\s|$)/i, '$1show');
}

/** A pattern for a word and its shortened forms: `word('show', 2)` matches `sh`, `sho` and `show`. */
export function word(full: string, least: number): string {
  const rest = [...full.slice(least)].reduceRight((inner, letter) => `(?:${letter}${inner})?`, '');
  return `${full.slice(0, least)}${rest}`;
}

const shows = new RegExp(`^(?:do )?${word('show', 2)}(?: |$)`, 'i');

export type CommandClass = 'read' | 'change';
