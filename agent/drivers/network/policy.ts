import { deviceFailure } from './failure.js';
import type { CommandClass, Platform } from './platforms/platform.js';

/** What a site lets its hub do with devices. */
export interface DevicePolicy {
  readonly readOnly: boolean;
  /** The reason why not, or `undefined`. */
  permits(section: 'device_commands', text: string): string | undefined;
}

/** A command as it is judged: blanks collapsed. */
export const plain = (command: string): string => command.trim().replace(/\s+/g, ' ');

/**
 * Classes commands, and refuses what may not be run, before any of them is.
 * @throws AgentFailure `policy`, `read_only`, `change_not_allowed`.
 */
export function judgeCommands(
  policy: DevicePolicy,
  platform: Platform,
  commands: readonly string[],
  allowChanges: boolean,
): CommandClass[] {
  const classes = commands.map((command) => platform.classify(plain(command)));
  for (const command of commands) forbid(policy, command);
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

/** A configuration is lines that are entered: each is judged as a command. @throws AgentFailure `policy`, `read_only`. */
export function judgeConfig(policy: DevicePolicy, platform: Platform, config: string): void {
  if (policy.readOnly) throw readOnly('configurations are not changed here');
  forbid(policy, platform.dialect.config.enter);
  for (const line of config.split('\n')) {
    const text = plain(line);
    if (text !== '' && text !== '!') forbid(policy, text);
  }
}

/** Devices tell no upper from lower case: nor does what is forbidden. */
function forbid(policy: DevicePolicy, command: string): void {
  const text = plain(command);
  const reason = policy.permits('device_commands', text) ?? policy.permits('device_commands', text.toLowerCase());
  if (reason !== undefined) throw deviceFailure('refused', 'policy', reason, { outcome: 'not_run' });
}

function readOnly(what: string) {
  return deviceFailure('refused', 'read_only', `this site is read-only: ${what}`, { outcome: 'not_run' });
}
