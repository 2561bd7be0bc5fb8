import { RE2JS } from 're2js';

/** The work of one pattern from outside, at most; a plain character is one unit. It is a matter of milliseconds. */
export const mostPatternWork = 20_000;

/** A state that a program has besides its characters: a group, an alternative, a repeat. */
const state = 4;
/** A class of Unicode, such as `\pL`: it has hundreds of ranges. */
const table = 1000;
/** `\w`, `[:alpha:]` and the like. */
const shortClass = 8;
/** The compiler writes out a range that ignores case, character by character: so many of them are one unit. */
const foldedPerUnit = 8;
/** Characters beyond this one have no case. */
const lastFolded = 125_251;

/** A pattern that is refused before it is compiled. */
export class CostlyPattern extends Error {
  override readonly name = 'CostlyPattern';
  constructor() {
    super(
      'takes too much work, by itself or with the patterns before it: use fewer repeats, smaller classes, or no (?i)',
    );
  }
}

/** How much work patterns from outside may still take. */
export interface PatternBudget {
  left: number;
}

/**
 * Compiles a pattern from outside on an engine that matches in time linear in the text (RE2's syntax: no back-references). The compiler of
 * that engine writes out repeats, and classes that ignore case: so the work is counted first, and taken off the budget.
 * @param syntax `js`: the pattern is of JavaScript, as in a JSON Schema
 * @throws CostlyPattern if the budget does not suffice. @throws Error if the text is no pattern.
 */
export function compilePattern(
  source: string,
  budget: PatternBudget = { left: mostPatternWork },
  syntax: 're2' | 'js' = 're2',
): (text: string) => boolean {
  const most = Math.min(budget.left, mostPatternWork);
  if (source.length > most) throw new CostlyPattern();
  const pattern = syntax === 'js' ? RE2JS.translateRegExp(source) : source;
  const work = patternWork(pattern);
  if (work > most) throw new CostlyPattern();
  budget.left -= work;
  const compiled = RE2JS.compile(pattern);
  return (text) => compiled.test(text);
}

/** The fault of a pattern that {@link compilePattern} refused, for an error that names its field. */
export function patternProblem(error: unknown): string {
  if (error instanceof CostlyPattern) return error.message;
  const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'cannot be read';
  return `is no regular expression in RE2 syntax: ${reason.slice(0, 200)}`;
}

/** How much work it is to compile a pattern and to match it, counted without doing it. No pattern is counted too low. */
export function patternWork(source: string): number {
  return new Count(source).work;
}

const repeat = /\{(\d+)(?:(,)(\d*))?\}/y;
const unicodeClass = /\\[pP](?:\{[^}]*\}|[^{])?/y;
const hexCharacter = /\\x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))/y;
const namedClass = /\[:\^?\w*:\]/y;

class Count {
  readonly #source: string;
  /** Whether case may be ignored in some part. */
  readonly #folds: boolean;
  /** The work of each open group so far, the whole pattern first. */
  readonly #groups = [0];
  /** The work of the part that a repeat behind it would repeat. */
  #part = 0;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    this.#folds = /\(\?[a-zA-Z-]*i/.test(source);
    while (this.#at < source.length) this.#step();
    while (this.#groups.length > 1) this.#close();
  }

  get work(): number {
    return this.#groups[0] ?? 0;
  }

  #step(): void {
    const sign = this.#source[this.#at];
    const times = sign === '{' ? this.#taken(repeat) : null;
    if (times) this.#repeat(times);
    else if (sign === '\\') this.#add(this.#escape());
    else if (sign === '[') this.#add(this.#class());
    else {
      this.#at += 1;
      if (sign === '(') this.#open();
      else if (sign === ')') this.#close();
      else if (sign === '*' || sign === '+' || sign === '?') this.#grow(state);
      else this.#add(sign === '|' || sign === '.' ? state : 1);
    }
  }

  #open(): void {
    this.#groups.push(2 * state);
    this.#part = 0;
    // The text after the question mark counts as characters.
    if (this.#source[this.#at] === '?') this.#at += 1;
  }

  #close(): void {
    const work = this.#groups.length > 1 ? (this.#groups.pop() ?? 0) : state;
    this.#add(work);
  }

  #repeat([, from = '', comma, to = '']: RegExpExecArray): void {
    const most = Math.max(Number(from), Number(to), 1) + (comma !== undefined && to === '' ? 1 : 0);
    this.#grow((most - 1) * this.#part + most * state);
  }

  #add(work: number): void {
    this.#part = 0;
    this.#grow(work);
  }

  #grow(work: number): void {
    this.#part += work;
    this.#groups.push((this.#groups.pop() ?? 0) + work);
  }

  #escape(): number {
    if (this.#source[this.#at + 1] === 'Q') {
      const end = this.#source.indexOf('\\E', this.#at);
      const from = this.#at;
      this.#at = end < 0 ? this.#source.length : end + 2;
      return this.#at - from;
    }
    const work = this.#unicodeOrShort();
    if (work === undefined) this.#character();
    return work ?? 1;
  }

  /** A bracket expression: the work of all its ranges. */
  #class(): number {
    this.#at += 1;
    if (this.#source[this.#at] === '^') this.#at += 1;
    let work = state;
    for (let isFirst = true; this.#at < this.#source.length; isFirst = false) {
      if (this.#source[this.#at] === ']' && !isFirst) break;
      work += this.#taken(namedClass) ? this.#short() : (this.#unicodeOrShort() ?? this.#range());
    }
    this.#at += 1;
    return work;
  }

  #range(): number {
    const [low] = this.#character();
    const isRange = this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']';
    if (!isRange) return 1;
    this.#at += 1;
    const [, high] = this.#character();
    return this.#folds ? 1 + Math.max(0, Math.min(high, lastFolded) - low + 1) / foldedPerUnit : 1;
  }

  #unicodeOrShort(): number | undefined {
    if (this.#taken(unicodeClass)) return table;
    if (this.#source[this.#at] !== '\\' || !/[dDsSwW]/.test(this.#source[this.#at + 1] ?? '')) return undefined;
    this.#at += 2;
    return this.#short();
  }

  #short(): number {
    return this.#folds ? 4 * shortClass : shortClass;
  }

  /** Goes behind a character, and returns the lowest and the highest code that it can have. */
  #character(): readonly [number, number] {
    const hex = this.#taken(hexCharacter);
    if (hex) {
      const code = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
      return [code, code];
    }
    if (this.#source[this.#at] === '\\') {
      this.#at += 1;
      // A letter or digit behind a backslash stands for another character.
      if (/\w/.test(this.#source[this.#at] ?? '')) {
        this.#at += 1;
        return [0, lastFolded];
      }
    }
    const code = this.#source.codePointAt(this.#at) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    return [code, code];
  }

  /** Goes behind the expression, if it matches here. */
  #taken(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#source);
    if (match) this.#at = expression.lastIndex;
    return match;
  }
}
