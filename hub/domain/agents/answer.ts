import { jsonCost } from '@roundhouse/proto/json-cost';
import { DomainError } from '../errors.js';
import type { Reply } from './fleet.js';

/** In a longer answer the work is measured before it is parsed, characters. */
const LARGE = 256 * 1024;
/** The most work in a larger answer; see {@link jsonCost}. */
const MOST_WORK = 300_000;

/** An operation's answer, a JSON object or list. @throws DomainError `internal` if the agent answered with something else, or with too many values. */
export function readAnswer(reply: Reply): object {
  if (reply.case !== 'json') throw new DomainError('internal', `unexpected answer '${reply.case}' from the agent`);
  const text = Buffer.from(reply.value).toString();
  if (text.length > LARGE && (jsonCost(text, MOST_WORK) ?? MOST_WORK + 1) > MOST_WORK) throw unreadable();
  let answer: unknown;
  try {
    answer = JSON.parse(text);
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
