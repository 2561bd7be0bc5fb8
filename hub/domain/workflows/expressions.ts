import {
  type CelEnv,
  type CelFunc,
  type CelInput,
  type CelList,
  CelScalar,
  type CelValue,
  celEnv,
  celFunc,
  celList,
  celMethod,
  isCelError,
  isCelList,
  isCelMap,
  listType,
  parse,
  plan,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { compilePattern, mostPatternWork, patternProblem, patternWork } from '@roundhouse/proto/patterns';
import { LRUCache } from 'lru-cache';
import { DomainError } from '../errors.js';

/**
 * Bounds of one expression (characters of its text, and of its result as JSON; levels of its brackets; its commas and operators), of a
 * step (characters of its expressions, and units of work; a unit takes at most a quarter of a microsecond), and of a definition (characters
 * of its expressions). An expression takes up to ten milliseconds to compile; a step compiles in turns of the event loop, before its work.
 * The parser takes far longer for deeply nested brackets, and for many commas or operators, so the hub counts them before.
 */
export const expressionBounds = {
  text: 1000,
  brackets: 16,
  commas: 100,
  result: 65_536,
  stepText: 4096,
  work: 100_000,
  allText: 16_384,
} as const;

/** The work that the expressions of one step may still do together, and the patterns that they have compiled. */
export class WorkBudget {
  left: number;
  readonly patterns = new Map<string, (text: string) => boolean>();

  constructor(left: number = expressionBounds.work) {
    this.left = left;
  }
}

/** A name that an expression reads: `inputs.count` is the root `inputs` with the key `count`; a root alone has no key. */
export interface Reference {
  readonly root: string;
  readonly key?: string;
}

/** A compiled expression. */
export interface Expression {
  readonly references: readonly Reference[];
  /**
   * @param scope plain JSON by root. @param budget default: a full budget
   * @throws DomainError `invalid_input`, with a `reason`: {@link expressionError}.
   */
  evaluate(scope: Readonly<Record<string, unknown>>, budget?: WorkBudget): unknown;
}

type ErrorName =
  | 'expression_too_long'
  | 'expression_unreadable'
  | 'expression_too_much_work'
  | 'expression_result_too_large'
  | 'expression_failed';

/** The `reason` in the details is for programs. */
function expressionError(reason: ErrorName, message: string): DomainError {
  return new DomainError('invalid_input', message, { reason });
}

/** Counts the work of the present evaluation. Evaluations are synchronous, so only one runs at a time. */
const work = {
  budget: new WorkBudget(),
  text: '',
  take(units: number): void {
    this.budget.left -= units;
    this.check();
  },
  check(): void {
    if (this.budget.left >= 0) return;
    const start = this.text.length > MAX_NAMED ? `${this.text.slice(0, MAX_NAMED)}…` : this.text;
    const most = `the expressions of a step take ${expressionBounds.work} units of work at most`;
    throw expressionError('expression_too_much_work', `the expression '${start}' takes too much work: ${most}`);
  },
};
/** The longest part of an expression that an error shows, characters. */
const MAX_NAMED = 80;

/** The characters of a text, or the members of a copied list, that make one unit of work. */
const PER_UNIT = 16;

/** The work of reading a whole value. Counting stops once the work is too much. */
function weight(value: unknown, most = work.budget.left): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return 1 + value.length / PER_UNIT;
  if (!isCelList(value) && !isCelMap(value)) return 1;
  let total = 1;
  for (const member of isCelMap(value) ? value.values() : value) {
    total += weight(member, most - total);
    if (total > most) break;
  }
  return total;
}

function sizeOf(value: unknown): number {
  return typeof value === 'string' ? value.length : isCelList(value) || isCelMap(value) ? value.size : 1;
}

/** Functions that count the turn of a loop, and the members of a loop. Expressions cannot name them. */
const TURN = '@turn';
const MEMBERS = '@members';

/** The work of a call, counted before it is made. */
function workOf(name: string, values: readonly CelValue[]): number {
  const [first, second, third] = values;
  switch (name) {
    case TURN:
      return Number(second);
    case MEMBERS:
      return 1 + sizeOf(first);
    case 'timestamp':
      return 200;
    case 'duration':
      return 50 + weight(first);
    case 'size':
    case '_+_':
      return values.reduce<number>(
        (sum, value) => sum + sizeOf(value) / (isCelList(value) ? PER_UNIT / 2 : PER_UNIT),
        1,
      );
    case 'matches':
      return 1 + (sizeOf(first) * patternWork(String(second).slice(0, expressionBounds.text))) / PER_UNIT;
    case 'int':
    case 'uint':
      // A number with many digits: each digit takes longer than the one before.
      return weight(first) + (sizeOf(first) / 64) ** 2;
    case 'contains':
    case 'indexOf':
    case 'lastIndexOf':
    case 'split':
      return weight(first) * searching(second);
    case 'replace':
      return weight(first) * (1 + sizeOf(third)) * searching(second);
    case 'join':
      return weight(first) + (sizeOf(first) * sizeOf(second)) / PER_UNIT;
    default: {
      const looking = values.reduce<number>((sum, value) => sum + weight(value), 1);
      if (!ofTime.test(name)) return looking;
      return looking + (values.length > 1 ? 1000 : 50);
    }
  }
}

/**
 * The factor of the work to search for a long text: at worst, the engine compares all of it at each place. It compares 256 characters
 * quickly.
 */
function searching(wanted: CelValue | undefined): number {
  return 1 + sizeOf(wanted) / 256;
}

/** `getHours` and similar functions: they take much work, and more with the name of a time zone. */
const ofTime = /^get[A-Z]/;
/** The units of work to compile a pattern, for each unit of the pattern's own work. */
const COMPILING = 2;

/** The arrays of lists that were joined: a loop that appends copies an array, not a list. */
const joined = new WeakMap<CelList, readonly CelInput[]>();

function arrayOf(list: CelList): readonly CelInput[] {
  const known = joined.get(list);
  if (known) return known;
  work.take(list.size);
  return [...list];
}

function joinedLists(one: CelList, other: CelList): CelList {
  const all = [...arrayOf(one), ...arrayOf(other)];
  const list = celList(all);
  joined.set(list, all);
  return list;
}

const { DYN, INT, STRING } = CelScalar;
const LIST = listType(DYN);
/** The functions of texts, without `replace` and `format`: their arguments do not show how much work they take. */
const textMethods = new Set(['charAt', 'indexOf', 'join', 'lastIndexOf', 'lowerAscii', 'split', 'substring', 'trim']);
const own: CelFunc[] = [
  ...strings.filter(({ name }) => textMethods.has(name) || name === 'upperAscii'),
  celMethod('replace', STRING, [STRING, STRING], STRING, function (from, to) {
    return this.replaceAll(from, () => to);
  }),
  // The library's joined list keeps its parts: a loop that appends would make a long chain, which is slow to read.
  celFunc('_+_', [LIST, LIST], LIST, joinedLists),
  celFunc('fromJson', [STRING], DYN, (text) => inputOf(JSON.parse(text))),
  celFunc('toJson', [DYN], STRING, (value) => JSON.stringify(jsonOf(value))),
  celFunc(TURN, [DYN, INT], DYN, (value) => value),
  celFunc(MEMBERS, [DYN], DYN, (value) => value),
];

const library = celEnv({
  funcs: own,
  re2: {
    compile(pattern) {
      const { patterns } = work.budget;
      const known = patterns.get(pattern);
      if (known) return { test: known };
      try {
        // The compiler refuses a longer pattern at once.
        const cost = patternWork(pattern.slice(0, mostPatternWork));
        if (cost <= mostPatternWork) work.take(COMPILING * cost);
        const test = compilePattern(pattern);
        patterns.set(pattern, test);
        return { test };
      } catch (error) {
        if (error instanceof DomainError) throw error;
        throw new Error(`matches: the pattern ${patternProblem(error)}`);
      }
    },
  },
});

/** The library's functions, each of which counts its work first. */
const functions = {
  find(name: string): CelFunc | undefined {
    const found = library.funcs.find(name);
    if (!found) return undefined;
    const call = (id: number, target: CelValue | undefined, args: CelValue[]) => {
      work.take(workOf(name, target === undefined ? args : [target, ...args]));
      return found.call(id, target, args);
    };
    return Object.create(found, { call: { value: call } });
  },
};
const environment: CelEnv = Object.create(library, { funcs: { value: functions } });

type Node = ReturnType<typeof parse>['expr'];
type Call = Extract<Node['exprKind'], { case: 'callExpr' }>['value'];
type Loop = Extract<Node['exprKind'], { case: 'comprehensionExpr' }>['value'];

/** Calls that the library plans itself, without a function. */
const planned = new Set(['_&&_', '_||_', '_?_:_', '_[_]', '@not_strictly_false']);
const typeNames = ['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint'];

/** Goes over a parsed expression: collects the names that it reads, and makes its loops count their turns. */
class Reading {
  readonly references: Reference[] = [];

  /** @returns the number of nodes @param bound the variables of loops */
  visit(node: Node | undefined, bound: readonly string[] = typeNames): number {
    if (!node) return 0;
    const { exprKind } = node;
    const known = this.#reference(node, bound);
    if (known) {
      this.references.push(known);
      return 2;
    }
    switch (exprKind.case) {
      case 'selectExpr':
        return 1 + this.visit(exprKind.value.operand, bound);
      case 'callExpr':
        return 1 + this.#call(exprKind.value, bound);
      case 'comprehensionExpr':
        return 1 + this.#loop(exprKind.value, bound);
      case 'listExpr':
        return 1 + this.#all(exprKind.value.elements, bound);
      case 'structExpr': {
        const { messageName, entries } = exprKind.value;
        if (messageName !== '') throw unreadable(`there is no type '${messageName}'`);
        const keys = entries.map(({ keyKind }) => (keyKind.case === 'mapKey' ? keyKind.value : undefined));
        const values = entries.map(({ value }) => value);
        return 1 + this.#all([...keys, ...values], bound);
      }
      default:
        return 1;
    }
  }

  #all(nodes: readonly (Node | undefined)[], bound: readonly string[]): number {
    return nodes.reduce((sum, node) => sum + this.visit(node, bound), 0);
  }

  #call({ function: name, target, args }: Call, bound: readonly string[]): number {
    if (!planned.has(name) && !library.funcs.find(name)) throw unreadable(`there is no function '${name}'`);
    return this.#all([target, ...args], bound);
  }

  #loop(loop: Loop, bound: readonly string[]): number {
    const inside = [...bound, loop.iterVar, loop.accuVar];
    const once = this.#all([loop.iterRange, loop.accuInit], bound);
    const turn = this.#all([loop.loopCondition, loop.loopStep], inside);
    const end = this.visit(loop.result, inside);
    const units = { case: 'constExpr', value: constantOf(turn) } as const;
    if (loop.loopCondition) loop.loopCondition = callOf(TURN, loop.loopCondition, nodeOf(units));
    if (loop.iterRange) loop.iterRange = callOf(MEMBERS, loop.iterRange);
    return once + turn + end;
  }

  #reference({ exprKind }: Node, bound: readonly string[]): Reference | undefined {
    const rootOf = (node: Node | undefined) => {
      if (node?.exprKind.case !== 'identExpr') return undefined;
      const { name } = node.exprKind.value;
      return bound.includes(name) ? undefined : name;
    };
    if (exprKind.case === 'identExpr') {
      const { name } = exprKind.value;
      return bound.includes(name) ? undefined : { root: name };
    }
    if (exprKind.case === 'selectExpr') {
      const root = rootOf(exprKind.value.operand);
      return root === undefined ? undefined : { root, key: exprKind.value.field };
    }
    if (exprKind.case !== 'callExpr' || exprKind.value.function !== '_[_]') return undefined;
    const [list, index] = exprKind.value.args;
    const root = rootOf(list);
    const constant = index?.exprKind.case === 'constExpr' ? index.exprKind.value.constantKind : undefined;
    return root === undefined || constant?.case !== 'stringValue' ? undefined : { root, key: constant.value };
  }
}

function nodeOf(exprKind: Node['exprKind']): Node {
  return { $typeName: 'cel.expr.Expr', id: 0n, exprKind };
}

function callOf(name: string, ...args: Node[]): Node {
  return nodeOf({ case: 'callExpr', value: { $typeName: 'cel.expr.Expr.Call', function: name, args } });
}

function constantOf(value: number) {
  const constantKind = { case: 'int64Value', value: BigInt(value) } as const;
  return { $typeName: 'cel.expr.Constant', constantKind } as const;
}

function unreadable(problem: string): DomainError {
  return expressionError('expression_unreadable', problem);
}

/** Compiled expressions, bounded by the characters of their texts. */
const compiled = new LRUCache<string, Expression | DomainError>({
  maxSize: 1_000_000,
  sizeCalculation: (_, text) => text.length + 1,
});

/** Compiles an expression: CEL without messages. @throws DomainError `invalid_input` that names the fault. */
export function compileExpression(text: string): Expression {
  const known = compiled.get(text);
  if (known instanceof DomainError) throw known;
  if (known) return known;
  if (text.length > expressionBounds.text)
    throw expressionError('expression_too_long', `an expression has at most ${expressionBounds.text} characters`);
  try {
    const expression = compiledFrom(text);
    compiled.set(text, expression);
    return expression;
  } catch (error) {
    if (error instanceof DomainError) compiled.set(text, error);
    throw error;
  }
}

function compiledFrom(text: string): Expression {
  const tree = parsed(text);
  const reading = new Reading();
  reading.visit(tree);
  const run = plan(environment, tree);
  return {
    references: reading.references,
    evaluate(scope, budget = new WorkBudget()) {
      work.budget = budget;
      work.text = text;
      const roots = new Set(reading.references.map(({ root }) => root));
      const value = run(Object.fromEntries([...roots].map((root) => [root, inputOf(scope[root] ?? null)])));
      work.check();
      if (isCelError(value)) throw expressionError('expression_failed', `the expression fails: ${value.message}`);
      const result = jsonOf(value);
      if (JSON.stringify(result).length > expressionBounds.result)
        throw expressionError(
          'expression_result_too_large',
          `the expression gives more than ${expressionBounds.result} characters`,
        );
      return result;
    },
  };
}

function parsed(text: string): Node {
  checkSigns(text);
  try {
    return parse(text).expr;
  } catch (error) {
    const problem = error instanceof Error ? error.message.replace(/^<input>:\d+:/, 'character ') : '';
    throw unreadable(`cannot be read as an expression: ${problem}`);
  }
}

/** The signs of operators. An operator may have several. */
const operatorSigns = new Set('+-*/%<>=!&|?');

/**
 * Looks at the signs outside of strings and comments. @throws DomainError for brackets that nest too deeply, or are not in pairs, and for
 * too many commas and operators
 */
function checkSigns(text: string): void {
  const refused = (problem: string) => unreadable(`cannot be read as an expression: ${problem}`);
  const { brackets: mostOpen, commas: most } = expressionBounds;
  let open = 0;
  let parts = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '"' || sign === "'") at = lastOfString(text, at);
    else if (text.startsWith('//', at)) at += text.slice(at).search(/[\r\n]|$/);
    else if ('([{'.includes(sign)) open += 1;
    else if (')]}'.includes(sign)) open -= 1;
    else if (sign === ',' || (operatorSigns.has(sign) && !operatorSigns.has(text.charAt(at - 1)))) parts += 1;
    if (parts > most) throw refused(`it has more than ${most} commas and operators`);
    if (open > mostOpen) throw refused(`its brackets nest deeper than ${mostOpen} levels at character ${at + 1}`);
    if (open < 0) throw refused(`the bracket at character ${at + 1} closes none`);
  }
  if (open > 0) throw refused(`it ends with ${open} open brackets: close each of them`);
}

/** The index of the last character of the string that begins with the quote at `start`. */
function lastOfString(text: string, start: number): number {
  const sign = text.charAt(start);
  const quote = text.startsWith(sign.repeat(3), start) ? sign.repeat(3) : sign;
  const isRaw = /[rR]/.test(text.charAt(start - 1));
  for (let at = start + quote.length; at < text.length; at += 1) {
    if (text[at] === '\\' && !isRaw) at += 1;
    else if (text.startsWith(quote, at)) return at + quote.length - 1;
  }
  return text.length;
}

/** JSON as an expression sees it: whole numbers are of type `int`, as in `count + 1`. */
function inputOf(value: unknown): CelInput {
  work.take(1);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(inputOf);
  if (typeof value !== 'object' || value === null) return value as CelInput;
  work.take(2);
  return new Map(Object.entries(value).map(([key, member]) => [key, inputOf(member)]));
}

/**
 * The result as JSON. A value may contain another value many times, so this counts as work, too. @throws DomainError for values that JSON
 * does not have.
 */
function jsonOf(value: CelValue): unknown {
  work.take(typeof value === 'string' ? 1 + value.length / PER_UNIT : 1);
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (typeof value === 'boolean' || typeof value === 'string' || value === null) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (isCelList(value)) return Array.from(value, jsonOf);
  if (isCelMap(value)) return Object.fromEntries(Array.from(value, ([key, member]) => [String(key), jsonOf(member)]));
  throw expressionError('expression_failed', 'the expression gives a value that JSON does not have: use string(…)');
}

const OPEN = '${{';
const CLOSE = '}}';

/** Whether a text seems to hold expressions: a quick check. */
export function hasExpression(text: unknown): text is string {
  return typeof text === 'string' && text.includes(OPEN);
}

/** A text as its parts: the texts of expressions, and plain texts between them. @throws DomainError for an expression without an end */
export function partsOf(text: string): readonly { readonly expression: boolean; readonly text: string }[] {
  const parts: { expression: boolean; text: string }[] = [];
  // An expression that is the whole text may contain braces.
  if (text.startsWith(OPEN) && text.endsWith(CLOSE) && text.lastIndexOf(OPEN) === 0)
    return [{ expression: true, text: text.slice(OPEN.length, -CLOSE.length).trim() }];
  for (let from = 0; from < text.length; ) {
    const open = text.indexOf(OPEN, from);
    const plain = text.slice(from, open < 0 ? undefined : open);
    if (plain !== '') parts.push({ expression: false, text: plain });
    if (open < 0) break;
    const close = text.indexOf(CLOSE, open);
    if (close < 0) throw unreadable(`an expression ends with '${CLOSE}'`);
    parts.push({ expression: true, text: text.slice(open + OPEN.length, close).trim() });
    from = close + CLOSE.length;
  }
  return parts;
}

/** The value of a text with expressions. If the whole text is one expression, its value keeps its type; otherwise the values become parts of the text. */
export function evaluateText(
  text: string,
  scope: Readonly<Record<string, unknown>>,
  budget = new WorkBudget(),
): unknown {
  const values = partsOf(text).map((part) =>
    part.expression ? compileExpression(part.text).evaluate(scope, budget) : part.text,
  );
  if (values.length === 1) return values[0];
  const whole = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('');
  if (whole.length > expressionBounds.result)
    throw expressionError(
      'expression_result_too_large',
      `the text has more than ${expressionBounds.result} characters`,
    );
  return whole;
}
