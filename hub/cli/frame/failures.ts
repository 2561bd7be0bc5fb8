import { isOfSystem, systemSentence } from '@roundhouse/proto/system-errors';
import type { RoundhouseError } from '@roundhouse/sdk';

/** The exit codes of every command, and their meaning for the reference. */
export const exitCodes = {
  done: [0, 'The command did its work'],
  failed: [1, 'It failed for a reason that no other code names'],
  usage: [2, 'The command line is wrong'],
  changes: [2, "'roundhouse plan': there are changes"],
  unreachable: [3, 'The hub cannot be reached, or is not a Roundhouse hub'],
  denied: [4, 'The credential is missing or refused, or its role is too low'],
  missing: [5, 'A named server, tool, job or other thing does not exist'],
  outcome: [6, 'The hub did what was asked, and the server, tool, job, device, cluster or check failed'],
  interrupted: [130, 'Ctrl-C, or an answer other than yes, ended the command'],
} as const;

/** A reason for which a command ends with a code other than 0. */
export type ExitReason = keyof typeof exitCodes;

/** A failure that the user sees as one sentence, without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly reason: ExitReason = 'failed',
  ) {
    super(message);
  }
}

/** The command was interrupted. The user knows why: nothing is printed. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Whether an error is an error of the SDK. The class is loaded only when a command calls a hub, so `instanceof` is not possible here. */
export function isHubError(error: unknown): error is RoundhouseError {
  return error instanceof Error && error.name === 'RoundhouseError';
}

/** The sentence and the exit reason of an error that a user can mend; `undefined` if the error is a defect of the program. */
export function failureOf(error: unknown): { readonly message: string; readonly reason: ExitReason } | undefined {
  if (error instanceof Interrupted) return { message: '', reason: 'interrupted' };
  if (error instanceof CommandError) return error;
  if (isHubError(error)) return { message: error.message, reason: reasonOf(error) };
  return isOfSystem(error) ? { message: systemSentence(error), reason: 'failed' } : undefined;
}

function reasonOf({ status, code }: RoundhouseError): ExitReason {
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'missing';
  // The statuses of a gateway: the hub asked a server, a cluster or a device, which failed.
  if (status === 502 || status === 504) return 'outcome';
  // A server that does not start or is not connected, or whose agent is not connected.
  if (code === 'SERVER_DISCONNECTED') return 'outcome';
  return code === 'CONNECTION_FAILED' ? 'unreachable' : 'failed';
}
