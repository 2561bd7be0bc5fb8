import type { DeviceSpec } from '@roundhouse/proto/agent/v1/device';
import { AgentFailure } from '../../failure.js';
import { deviceFailure } from './failure.js';
import { type CommandClass, commandsIn } from './platforms/classify.js';
import type { Platform } from './platforms/platform.js';

/** The rights that a site gives its hub over devices. */
export interface DevicePolicy {
  readonly readOnly: boolean;
  /** May this address be dialled? The reason for a refusal, or `undefined`. */
  url(address: string): string | undefined;
  /** The reason for a refusal, or `undefined`. */
  permits(section: 'device_commands', text: string): string | undefined;
}

/** Judges the addresses of a device and of its jump host. @throws AgentFailure `policy`. */
export function judgeAddresses(policy: DevicePolicy, { hostname, port, jumpHost }: DeviceSpec): void {
  for (const host of [{ hostname, port }, ...(jumpHost === undefined ? [] : [jumpHost])]) {
    const name = host.hostname.toLowerCase();
    const reason = policy.url(`ssh://${name.includes(':') ? `[${name}]` : name}:${host.port || 22}`);
    if (reason !== undefined) throw deviceFailure('refused', 'policy', reason, { outcome: 'not_run' });
  }
}

/** A command in the form that the policy judges: blanks collapsed. */
const plain = (command: string): string => command.trim().replace(/\s+/g, ' ');

/**
 * Classes commands, and refuses forbidden ones before any command runs.
 * @throws AgentFailure `policy`, `read_only`, `change_not_allowed`.
 */
export function judgeCommands(
  policy: DevicePolicy,
  platform: Platform,
  commands: readonly string[],
  allowChanges: boolean,
): CommandClass[] {
  const classes = commands.map((command) => platform.classify(plain(command)));
  for (const command of commands) forbid(policy, platform, command);
  const changes = classes.flatMap((kind, at) => (kind === 'change' ? [at] : []));
  const first = changes[0];
  if (first === undefined) return classes;
  if (policy.readOnly) throw readOnly(`the command '${plain(commands[first] ?? '')}' may change something`);
  if (!allowChanges) {
    const message = `the command '${plain(commands[first] ?? '')}' may change something`;
    throw deviceFailure('refused', 'change_not_allowed', message, { changes, outcome: 'not_run' });
  }
  return classes;
}

/**
 * Judges each line of a configuration as a command. Returns the judged text, in which line ends are line feeds and tabs are blanks. Only
 * this text may be entered.
 * @throws AgentFailure `invalid_argument`, `policy`, `read_only`.
 */
export function judgeConfig(policy: DevicePolicy, platform: Platform, config: string): string {
  if (policy.readOnly) throw readOnly('configurations are not changed here');
  const judged = config.replaceAll('\r\n', '\n').replaceAll('\t', ' ');
  // Control characters can end, erase or complete a line while it is typed.
  if (/(?!\n)\p{Cc}/u.test(judged)) {
    const message = 'config: must hold no control characters but tabs and line ends';
    throw new AgentFailure('invalid_argument', message, { field: 'config' });
  }
  forbidOne(policy, platform.dialect.config.enter);
  for (const line of judged.split('\n')) {
    const text = plain(line);
    if (text !== '' && text !== '!') forbidLine(policy, platform, text);
  }
  return judged;
}

/** Judges a whole line, and each of its commands: commands in sequence, and targets of pipes. */
function forbid(policy: DevicePolicy, platform: Platform, line: string): void {
  const text = plain(line);
  for (const command of new Set([text, ...commandsIn(platform.pipes, text)])) forbidOne(policy, command);
}

/** Judges a line of a configuration, in which only `do` begins a command line. */
function forbidLine(policy: DevicePolicy, platform: Platform, text: string): void {
  const { between } = platform.pipes;
  const parts = between === undefined ? [] : text.split(between).map(plain);
  for (const part of new Set([text, ...parts])) {
    forbidOne(policy, part);
    const within = /^do (.*)$/i.exec(part)?.[1];
    if (within !== undefined) forbid(policy, platform, within);
  }
}

/** Judges a text also in lower case, because devices do not distinguish upper and lower case. */
function forbidOne(policy: DevicePolicy, text: string): void {
  const reason = policy.permits('device_commands', text) ?? policy.permits('device_commands', text.toLowerCase());
  if (reason !== undefined) throw deviceFailure('refused', 'policy', reason, { outcome: 'not_run' });
}

function readOnly(what: string) {
  return deviceFailure('refused', 'read_only', `this site is read-only: ${what}`, { outcome: 'not_run' });
}
