import { RE2JS } from 're2js';
import { invalid } from '../errors.js';

/** A longer pattern is refused, characters: its automaton grows with it. */
const LONGEST = 256;

/**
 * A client's regular expression, on an engine that takes time linear in the text whatever the pattern (RE2's syntax: no look-around, no
 * back-references). It need not match the whole text. @throws DomainError `invalid_input` naming the parameter.
 */
export function patternOf(parameter: string, pattern: string): (text: string) => boolean {
  if (pattern.length > LONGEST) throw invalid(parameter, `must have at most ${LONGEST} characters`);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'cannot be read';
    throw invalid(parameter, `is no regular expression in RE2 syntax: ${reason.slice(0, 200)}`);
  }
  return (text) => compiled.test(text);
}
