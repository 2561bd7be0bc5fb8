import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import { deviceFailure, reasonOf } from '../failure.js';
import { asksForNewPassword, passwordChange } from './credentials.js';
import type { Dialect } from './dialect.js';
import type { ReadRules } from './reader.js';
import type { Shell } from './shell.js';

/** The longest greeting of a device, bytes. */
const maxGreeting = 1024 * 1024;
/** Without a prompt for so long the Enter key is pressed, milliseconds: some devices wait for it. */
const nudgeMs = 2_000;
const pressAnyKey = /press (?:any key|return|enter)[^\n]*$/i;

/**
 * Learns a session's prompt. A line that looks like a prompt may be part of a banner: it counts once it has come back on a blank line.
 * @throws AgentFailure `no_prompt`, `password_change_required`, `connection_lost`.
 */
export async function learnPrompt(
  shell: Shell,
  dialect: Dialect,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: Cancellation },
): Promise<string> {
  const until = performance.now() + timeoutMs;
  let seen = '';
  let candidate: string | undefined;
  let nudge = '';
  for (;;) {
    const left = until - performance.now();
    if (left <= 0) throw deviceFailure('disconnected', 'no_prompt', 'the device shows no prompt that is known here');
    const line = await next(shell, dialect, { nudge, timeoutMs: left, signal });
    if (line !== undefined && asksForNewPassword(line)) throw passwordChange();
    if (line !== undefined && line === candidate) {
      if (dialect.mode(line) !== 'shell' || dialect.startCommandLine === undefined || seen === line) return line;
      seen = line;
      candidate = undefined;
      nudge = `${dialect.startCommandLine}\n`;
      continue;
    }
    candidate = line !== undefined && dialect.anyPrompt.test(line) ? line : undefined;
    nudge = '\n';
  }
}

/** The line that the device stops at; `undefined` where it has not stopped at a prompt. */
async function next(
  shell: Shell,
  dialect: Dialect,
  { nudge, timeoutMs, signal }: { nudge: string; timeoutMs: number; signal: Cancellation },
): Promise<string | undefined> {
  const stops = (line: string): boolean =>
    dialect.anyPrompt.test(line) || asksForNewPassword(line) || pressAnyKey.test(line);
  const limit = Math.min(nudgeMs, timeoutMs);
  const rules: ReadRules = {
    echo: '',
    isEnd: stops,
    pager: dialect.pager,
    maxBytes: maxGreeting,
    timeoutMs: Math.min(timeoutMs, 5 * nudgeMs),
    silenceMs: limit,
    signal,
  };
  try {
    return (await shell.ask(nudge, rules)).end;
  } catch (error) {
    if (error instanceof AgentFailure && reasonOf(error) === 'no_answer') return undefined;
    throw error;
  }
}
