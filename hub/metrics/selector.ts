import { parser } from '@prometheus-io/lezer-promql';
import { compilePattern, mostPatternWork, type PatternBudget, patternProblem } from '@roundhouse/proto/patterns';

/** The error for a text that is no selector of series. The message has the form of Prometheus: `1:4: parse error: …`. */
export class BadSelector extends Error {
  override readonly name = 'BadSelector';
}

/** A condition for one label. A missing label counts as empty. */
export interface Matcher {
  readonly label: string;
  readonly matches: (value: string) => boolean;
}

/** Stops at the first fault: the search for a meaning of the rest takes long, and the hub needs none. */
const strict = parser.configure({ strict: true });

type Node = ReturnType<typeof parser.parse>['topNode'];

/** How many conditions a request may have: each sample of the hub is compared with all of them. */
const mostConditions = 64;
/** How many answers of a regular expression are kept. */
const mostAnswers = 10_000;

/** Reads the selectors of one request. Their conditions share one limit, and their regular expressions share one budget of work. */
export class SelectorReader {
  // A pattern is compared with thousands of values of labels.
  readonly #budget: PatternBudget = { left: mostPatternWork / 10 };
  #conditions = 0;

  /**
   * Reads an instant vector selector, such as `up{site="berlin"}`, by the grammar of Prometheus.
   * @throws BadSelector
   */
  read(text: string): readonly Matcher[] {
    const selector = treeOf(text).topNode.firstChild;
    if (!selector) throw unexpected(text, text.length);
    if (selector.name !== 'VectorSelector') {
      const inner = selector.getChild('VectorSelector');
      throw unexpected(text, inner && inner.from === selector.from ? inner.to : selector.from);
    }
    const rest = selector.nextSibling;
    if (rest && rest.name !== 'LineComment') throw unexpected(text, rest.from);
    return this.#matchers(text, selector);
  }

  #matchers(text: string, selector: Node): Matcher[] {
    const of = ({ from, to }: Node) => text.slice(from, to);
    const identifier = selector.getChild('Identifier');
    const matchers: Matcher[] = identifier ? [{ label: '__name__', matches: isEqual(of(identifier)) }] : [];
    const list = selector.getChild('LabelMatchers');
    for (let node = list?.firstChild; node; node = node.nextSibling) {
      const isNameOnly = node.name === 'QuotedLabelName';
      const value = unquoted(text, childOf(node, 'StringLiteral'));
      const name = node.getChild('LabelName') ?? node.getChild('QuotedLabelName');
      const label = isNameOnly || !name ? '__name__' : nameOf(text, name);
      const sign = isNameOnly ? '=' : of(childOf(node, 'MatchOp'));
      this.#conditions += 1;
      if (this.#conditions > mostConditions)
        throw new BadSelector(
          `1:${node.from + 1}: the selectors of a request have at most ${mostConditions} conditions`,
        );
      matchers.push({ label, matches: this.#condition(sign, value, node.from) });
    }
    return matchers;
  }

  #condition(sign: string, wanted: string, at: number): Matcher['matches'] {
    if (sign === '=') return isEqual(wanted);
    if (sign === '!=') return (value) => value !== wanted;
    let test: (text: string) => boolean;
    try {
      test = compilePattern(`^(?:${wanted})$`, this.#budget);
    } catch (error) {
      throw new BadSelector(`1:${at + 1}: parse error: ${JSON.stringify(wanted)} ${patternProblem(error)}`);
    }
    const answers = new Map<string, boolean>();
    const expected = sign === '=~';
    return (value) => {
      let answer = answers.get(value);
      if (answer === undefined) {
        if (answers.size >= mostAnswers) answers.clear();
        answer = test(value) === expected;
        answers.set(value, answer);
      }
      return answer;
    };
  }
}

/** @throws BadSelector naming the place of the first fault */
function treeOf(text: string): ReturnType<typeof parser.parse> {
  try {
    return strict.parse(text);
  } catch (error) {
    const at = error instanceof SyntaxError ? /^No parse at (\d+)$/.exec(error.message)?.[1] : undefined;
    if (at === undefined) throw error;
    throw unexpected(text, Number(at));
  }
}

function childOf(node: Node, name: string): Node {
  const child = node.getChild(name);
  if (!child) throw new Error(`the grammar has changed: '${node.name}' without '${name}'`);
  return child;
}

function nameOf(text: string, node: Node): string {
  const quoted = node.getChild('StringLiteral');
  return quoted ? unquoted(text, quoted) : text.slice(node.from, node.to);
}

function isEqual(wanted: string): Matcher['matches'] {
  return (value) => value === wanted;
}

function unexpected(text: string, behind: number): BadSelector {
  const found = text.slice(behind).trimStart();
  const at = text.length - found.length;
  const what = found === '' ? 'end of input' : JSON.stringify(Array.from(found).slice(0, 20).join(''));
  return new BadSelector(`1:${at + 1}: parse error: unexpected ${what}`);
}

const simpleEscapes: Readonly<Record<string, number>> = {
  ...{ a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, "'": 39, '"': 34 },
};
const escapeSequence = /^\\(?:([abfnrtv\\'"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/;

/** The value of a string literal of Go. Only literals without back quotes have escapes. @throws BadSelector */
function unquoted(text: string, { from, to }: Node): string {
  const inner = text.slice(from + 1, to - 1);
  if (text[from] === '`' || !inner.includes('\\')) return inner;
  const bytes: Buffer[] = [];
  for (let rest = inner; rest !== ''; ) {
    if (!rest.startsWith('\\')) {
      const end = rest.indexOf('\\');
      const plain = end < 0 ? rest : rest.slice(0, end);
      bytes.push(Buffer.from(plain));
      rest = rest.slice(plain.length);
      continue;
    }
    const [whole = '', simple, hex, short, long, octal] = escapeSequence.exec(rest) ?? [];
    const point = Number.parseInt(short ?? long ?? '0', 16);
    if (whole === '' || point > 0x10ffff) throw new BadSelector(`1:${from + 1}: parse error: unknown escape sequence`);
    if (simple !== undefined) bytes.push(Buffer.of(simpleEscapes[simple] ?? 0));
    else if (hex !== undefined) bytes.push(Buffer.of(Number.parseInt(hex, 16)));
    else if (octal !== undefined) bytes.push(Buffer.of(Number.parseInt(octal, 8)));
    else bytes.push(Buffer.from(String.fromCodePoint(point)));
    rest = rest.slice(whole.length);
  }
  return Buffer.concat(bytes).toString();
}
