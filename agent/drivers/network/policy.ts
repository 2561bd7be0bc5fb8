import type { DeviceSpec } from '@roundhouse/proto/agent/v1/device';
import { AgentFailure } from '../../failure.js';
import { deviceFailure } from './failure.js';
import { type CommandClass, commandsIn, typedForm } from './platforms/classify.js';
import type { Platform } from './platforms/platform.js';
import { checkAddresses, sshUrl } from './spec.js';
import type { Mode } from './ssh/dialect.js';

/** The rights that a site gives its hub over devices. */
export interface DevicePolicy {
  readonly readOnly: boolean;
  /** May this address be dialled? The reason for a refusal, or `undefined`. */
  url(address: string): string | undefined;
  /** The reason for a refusal, or `undefined`. */
  permits(section: 'device_commands', text: string): string | undefined;
}

/** Judges the addresses of a device and of its jump host. @throws AgentFailure `invalid_argument` for a text that is no host, `policy`. */
export function judgeAddresses(policy: DevicePolicy, spec: DeviceSpec): void {
  checkAddresses(spec);
  const { hostname, port, jumpHost } = spec;
  for (const host of [{ hostname, port }, ...(jumpHost === undefined ? [] : [jumpHost])]) {
    const reason = policy.url(sshUrl(host.hostname, host.port) ?? '');
    if (reason !== undefined) throw deviceFailure('refused', 'policy', reason, { outcome: 'not_run' });
  }
}

/** A command in the form that the policy judges: blanks collapsed. */
const plain = (command: string): string => command.trim().replace(/\s+/g, ' ');

/**
 * Classes commands, and refuses forbidden ones before any command runs. A command with answers is a change, even if its text is a
 * read: a device that asks nothing takes an answer for a command. So each answer is judged as a command, too.
 * @throws AgentFailure `policy`, `read_only`, `change_not_allowed`.
 */
export function judgeCommands(
  policy: DevicePolicy,
  platform: Platform,
  commands: readonly { readonly text: string; readonly answers: readonly string[]; readonly structured?: boolean }[],
  allowChanges: boolean,
): CommandClass[] {
  const lines = commands.map(({ text }) => typedForm(plain(text)));
  const classes = commands.map(({ answers }, at) =>
    answers.length > 0 ? 'change' : platform.classify(lines[at] ?? ''),
  );
  for (const [at, { answers, structured = false }] of commands.entries()) {
    const line = lines[at] ?? '';
    forbid(policy, line);
    // The agent types this form first, to get structured output.
    const typed = structured ? platform.structured(line) : undefined;
    if (typed !== undefined) forbid(policy, typed);
    forbidAnswers(policy, answers);
  }
  const changes = classes.flatMap((kind, at) => (kind === 'change' ? [at] : []));
  const first = changes[0];
  if (first === undefined) return classes;
  const { text = '', answers = [] } = commands[first] ?? {};
  const message = `the command '${plain(text)}'${answers.length > 0 ? ' with answers' : ''} may change something`;
  if (policy.readOnly) throw readOnly(message);
  if (!allowChanges) throw deviceFailure('refused', 'change_not_allowed', message, { changes, outcome: 'not_run' });
  return classes;
}

/** Answers that are no commands: the Enter key, yes and no. */
const confirmation = /^(?:y|n|yes|no)?$/i;

/** @throws AgentFailure `policy`. The message does not quote the answer, which may be a password. */
function forbidAnswers(policy: DevicePolicy, answers: readonly string[]): void {
  for (const [at, answer] of answers.entries()) {
    if (confirmation.test(plain(answer))) continue;
    try {
      forbid(policy, answer);
    } catch (error) {
      if (!(error instanceof AgentFailure)) throw error;
      const message = `answers.${at}: this site does not allow it as a device command, which the device may take it for`;
      throw new AgentFailure(error.kind, message, error.details);
    }
  }
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
    if (text !== '' && text !== '!') forbidLine(policy, text);
  }
  return judged;
}

/** Judges a line that a platform types to read a configuration. @throws AgentFailure `policy`. */
export function judgeReading(policy: DevicePolicy, line: string): void {
  forbid(policy, line);
}

/**
 * Judges a line that a platform types by itself to change a configuration: the command that replaces it, and each line that it works out.
 * The refusal shows the line's beginning only, since the rest may stand in the running configuration. @throws AgentFailure `policy`.
 */
export function judgeStep(policy: DevicePolicy, platform: Platform, line: string, mode: Mode): void {
  // The sign in front of a typed question mark.
  const text = plain(line.replaceAll('\x16', ''));
  if (platform.routine.test(text)) return;
  const [first = '', second = '', ...rest] = text.split(' ');
  const shown = [first, second, ...(rest.length > 0 ? ['…'] : [])].join(' ').trim();
  const reason = `this site does not allow the device command '${shown}', which this change of the configuration takes`;
  const permits = (section: 'device_commands', part: string) => policy.permits(section, part) && reason;
  if (mode === 'config') forbidLine({ permits }, text);
  else forbid({ permits }, text);
}

/** Judges a line as it is typed, and each command that it runs by itself: one after the other, piped on to, or after `do`. */
function forbid(policy: Pick<DevicePolicy, 'permits'>, line: string): void {
  const text = plain(line);
  for (const command of new Set([text, ...commandsIn(text)])) {
    forbidOne(policy, command);
    const within = /^(?:do )+(.*)$/i.exec(command)?.[1];
    if (within !== undefined) forbid(policy, within);
  }
}

/** Judges a line of a configuration, in which only `do` and `show` begin a command line. NX-OS takes several of these lines in one. */
function forbidLine(policy: Pick<DevicePolicy, 'permits'>, text: string): void {
  const parts = text.split(';').map(plain);
  for (const part of new Set([text, ...parts.filter((part) => !/^(?:$|[#!])/.test(part))])) {
    forbidOne(policy, part);
    const within = /^do (.*)$/i.exec(part)?.[1] ?? (/^sho?w? /i.test(part) ? part : undefined);
    if (within !== undefined) forbid(policy, within);
  }
}

/** Judges a text also in lower case, because devices do not distinguish upper and lower case. */
function forbidOne(policy: Pick<DevicePolicy, 'permits'>, text: string): void {
  const reason = policy.permits('device_commands', text) ?? policy.permits('device_commands', text.toLowerCase());
  if (reason !== undefined) throw deviceFailure('refused', 'policy', reason, { outcome: 'not_run' });
}

function readOnly(what: string) {
  return deviceFailure('refused', 'read_only', `this site is read-only: ${what}`, { outcome: 'not_run' });
}
