/** The rules for the parts of a command line after its first command. Words may be shortened, as devices allow. */
export interface Pipes {
  /** Commands that only choose lines of an output, or their form. */
  readonly filters: readonly string[];
  /**
   * Commands that write or send the output, or run other commands. They are listed so that their shortened forms do not count as filters.
   */
  readonly writers: readonly string[];
  /** The targets that the output of a command is piped to, in order. */
  targets(command: string): string[];
  /** A pattern that makes any command a change. */
  readonly writes?: RegExp;
  /** The separator of commands on one line; absent: a line is one command. */
  readonly between?: string;
}

/**
 * Classes commands by their first words. `keeps`: the first words of commands that change nothing, as alternatives of a regular expression.
 * They match whole words, because `p` for `ping` would also match `python` and `poweroff`. A command whose output is piped to more than
 * filters is a change. So is a command with an address on the
 * network: another host would get a request of the device, and choose the output.
 */
export function classifier(keeps: string, pipes: Pipes): (command: string) => CommandClass {
  const reads = new RegExp(`^(?:${keeps})(?: |$)`, 'i');
  return (command) => {
    const [shown = ''] = command.split('|', 1);
    const isRead = reads.test(command) && !leavesDevice(shown) && !pipes.writes?.test(command);
    return isRead && commandsIn(pipes, command).length === 1 ? 'read' : 'change';
  };
}

/** Commands whose arguments are files: `more tftp:x` reads from another host, too. */
const onFiles = /^(?:dir|more|verify|file) /i;
/** The file systems and modules of a device itself. */
const own =
  /^(?:stby-|sup-|sec-|slave)?(?:(?:boot|hard|usb|log|ex)?(?:flash|disk|usb)|slot|nvram|crashinfo|system|volatile|tmpsys|null|archive|debug|log|re|fpc|member|node)\d*(?:-\d+)?$/i;

/** Whether a command has a word of the form `NAME:…` or `NAME://…` that may lead to another host: the name is none of the device's own. */
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

/** The commands that a line runs: one after the other, with the targets of pipes that are not filters. */
export function commandsIn(pipes: Pipes, line: string): string[] {
  const commands = pipes.between === undefined ? [line] : line.split(pipes.between);
  return commands.flatMap((command) => {
    const beyond = pipes.targets(command).filter((target) => !isFilter(pipes, target.trim()));
    return [command, ...beyond].map((text) => text.trim());
  });
}

function isFilter({ filters, writers }: Pipes, target: string): boolean {
  const first = (target.split(' ')[0] ?? '').toLowerCase();
  const begins = (full: string) => full.startsWith(first);
  return first !== '' && (filters.includes(first) || (filters.some(begins) && !writers.some(begins)));
}

/** The targets of a command line with any number of pipes. */
export function everyTarget(command: string): string[] {
  return command.split('|').slice(1);
}

/** A pattern for a word and its shortened forms: `word('show', 2)` matches `sh`, `sho` and `show`. */
export function word(full: string, least: number): string {
  const rest = [...full.slice(least)].reduceRight((inner, letter) => `(?:${letter}${inner})?`, '');
  return `${full.slice(0, least)}${rest}`;
}

const shows = new RegExp(`^(?:do )?${word('show', 2)}(?: |$)`, 'i');

export type CommandClass = 'read' | 'change';
