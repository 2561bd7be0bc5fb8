import { DomainError } from '../errors.js';
import type { Reply } from './fleet.js';

/** An operation's answer, a JSON object or list. @throws DomainError `internal` if the agent answered with something else. */
export function readAnswer(reply: Reply): object {
  if (reply.case !== 'json') throw new DomainError('internal', `unexpected answer '${reply.case}' from the agent`);
  let answer: unknown;
  try {
    answer = JSON.parse(Buffer.from(reply.value).toString());
  } catch {
    throw unreadable();
  }
  if (typeof answer === 'object' && answer !== null) return answer;
  throw unreadable();
}

/** An answer that does not have the form that the contract says. */
export function unreadable(): DomainError {
  return new DomainError('internal', 'the agent gave an answer that cannot be read');
}
