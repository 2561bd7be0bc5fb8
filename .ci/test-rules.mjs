// Checks how tests wait and what they assert, after making sure that each rule finds the violations planted for it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { main, root, Stop, say } from '../deploy/local/prepare.mjs';
import { isSerial } from '../test/runner/files.mjs';

const shortestSleepMs = 100;

/** A regular expression that matches every text. */
const anyText = /^\/(?:\(\?:\)|\^|\$|\^?(?:\.|\[\\s\\S\])\*\$?)\/\w*$/;

/** Folders whose programs are no tests: simulated devices and servers, measurements, and the runner of the tests. */
const otherPrograms = /^test\/(?:fixtures|bench|conformance|runner)\//;

/**
 * The violations that are there for a reason: rule and file → the reason. A time that has to pass in a program that the test does not hold the
 * clock of is such a reason.
 * @type {Readonly<Record<string, string>>}
 */
const exceptions = {
  'long-sleep test/api/http/streams.test.ts':
    'a reader and a source pause for longer than the ten seconds of the socket layer',
  'long-sleep test/e2e/server-log.test.ts': 'a reader pauses for longer than the ten seconds of the socket layer',
  'long-sleep test/stream/idle-subscribers.test.ts': 'the processor time of an idle hub is measured over a while',
  'long-sleep test/stream/partition.test.ts': 'the cable of a network of its own is pulled for three seconds',
  'long-sleep test/stream/slow-reader.test.ts': 'a reader pauses for longer than the ten seconds of the socket layer',
  'long-sleep test/stream/link/certificates.test.ts': 'a call and a stream last for longer than a certificate',
  'elapsed-time test/e2e/automation-servers.test.ts':
    'the given time-out of 8 s, and not that of 30 s, ends the server',
  'elapsed-time test/unit/webhooks/dispatch.test.ts': 'receivers that hang for 5 s each do not hold up another',
};

/** @typedef {(node: ts.Node, file: ts.SourceFile) => boolean} Rule says whether a node violates it */

/** @param {ts.Node} node @param {(node: ts.Node) => boolean} isWanted whether it or a node below it is wanted @returns {boolean} */
const contains = (node, isWanted) => isWanted(node) || !!ts.forEachChild(node, (child) => contains(child, isWanted));

/** @param {ts.Node} node @param {ts.SourceFile} file */
const isClock = (node, file) =>
  ts.isCallExpression(node) && /^(?:Date|performance)\.now$/.test(node.expression.getText(file));

/** @type {WeakMap<ts.SourceFile, Map<string, ts.Node>>} */
const valuesOfFiles = new WeakMap();

/** @param {ts.SourceFile} file @param {string} name @returns {ts.Node | undefined} the value or the function that a file first gives a name */
function namedValue(file, name) {
  /** @type {Map<string, ts.Node>} */
  const values = valuesOfFiles.get(file) ?? new Map();
  if (!valuesOfFiles.has(file)) {
    valuesOfFiles.set(file, values);
    contains(file, (node) => {
      if (!ts.isVariableDeclaration(node) && !ts.isFunctionDeclaration(node)) return false;
      const value = ts.isVariableDeclaration(node) ? node.initializer : node;
      if (value && node.name && ts.isIdentifier(node.name) && !values.has(node.name.text))
        values.set(node.name.text, value);
      return false;
    });
  }
  return values.get(name);
}

/** @param {ts.Node} node @param {ts.SourceFile} file @returns {number} the largest number in an expression; a constant of the file stands for its value */
function largestNumber(node, file) {
  let largest = 0;
  contains(node, (part) => {
    if (ts.isNumericLiteral(part)) largest = Math.max(largest, Number(part.text));
    if (ts.isIdentifier(part)) {
      const value = namedValue(file, part.text);
      if (value && ts.isNumericLiteral(value)) largest = Math.max(largest, Number(value.text));
    }
    return false;
  });
  return largest;
}

/** @param {ts.SourceFile} file @returns {string | undefined} the name under which a file imports the sleep of Node */
function sleepName(file) {
  const found = /import \{[^}]*\bsetTimeout(?: as (\w+))?[^}]*\} from 'node:timers\/promises'/.exec(file.text);
  return found ? (found[1] ?? 'setTimeout') : undefined;
}

/** @param {ts.Node} node @param {ts.SourceFile} file @returns {ts.Expression | undefined} how long a call sleeps */
function sleepOf(node, file) {
  if (!ts.isCallExpression(node)) return undefined;
  const [first, second] = node.arguments;
  const name = node.expression.getText(file);
  if (name === sleepName(file)) return first;
  // `new Promise((resolve) => setTimeout(resolve, 100))`; any other callback acts later, while the test goes on.
  return name === 'setTimeout' && first && ts.isIdentifier(first) ? second : undefined;
}

/** @param {ts.Node} node @returns {node is ts.BinaryExpression} */
const isDifference = (node) => ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.MinusToken;

/**
 * How the value of an expression changes with the time that passes: `1` where it grows, `-1` where it shrinks. A name stands for its value;
 * a reading of the clock that is kept does not change.
 * @param {ts.Node} node @param {ts.SourceFile} file @param {ReadonlySet<string>} [resolved] names that are being resolved @returns {ReadonlySet<number>}
 */
function changesOf(node, file, resolved = new Set()) {
  if (isClock(node, file)) return new Set([1]);
  const of = (/** @type {ts.Node} */ part) => [...changesOf(part, file, resolved)];
  if (ts.isIdentifier(node)) {
    const value = namedValue(file, node.text);
    if (!value || resolved.has(node.text)) return new Set();
    const isKept = contains(value, (part) => isClock(part, file)) && !contains(value, isDifference);
    if (isKept) return new Set();
    return changesOf(value, file, new Set([...resolved, node.text]));
  }
  if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) return new Set(of(node.body));
  if (ts.isFunctionLike(node)) {
    /** @type {number[]} */
    const changes = [];
    contains(node, (part) => {
      if (ts.isReturnStatement(part) && part.expression) changes.push(...of(part.expression));
      return false;
    });
    return new Set(changes);
  }
  if (ts.isPropertyAccessExpression(node)) return new Set(of(node.expression));
  if (isDifference(node)) return new Set([...of(node.left), ...of(node.right).map((change) => -change)]);
  /** @type {number[]} */
  const changes = [];
  ts.forEachChild(node, (part) => void changes.push(...of(part)));
  const isAbsolute = ts.isCallExpression(node) && node.expression.getText(file) === 'Math.abs';
  return new Set(isAbsolute ? changes.flatMap((change) => [change, -change]) : changes);
}

/**
 * Whether a comparison is true only where the machine is fast enough. A time that must pass at the least is no such bet.
 * @param {ts.Node} node @param {ts.SourceFile} file
 */
function isBetOnSpeed(node, file) {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  const isLess = kind === ts.SyntaxKind.LessThanToken || kind === ts.SyntaxKind.LessThanEqualsToken;
  const isMore = kind === ts.SyntaxKind.GreaterThanToken || kind === ts.SyntaxKind.GreaterThanEqualsToken;
  if (!isLess && !isMore) return false;
  const [smaller, larger] = isLess ? [node.left, node.right] : [node.right, node.left];
  return changesOf(smaller, file).has(1) || changesOf(larger, file).has(-1);
}

/** @param {ts.Identifier} name @returns {ts.VariableDeclaration | ts.ParameterDeclaration | undefined} the nearest declaration around a name */
function declarationOf(name) {
  for (let scope = name.parent; scope; scope = scope.parent) {
    /** @type {(ts.VariableDeclaration | ts.ParameterDeclaration)[]} */
    const declared = [];
    ts.forEachChild(scope, (part) => {
      const list = ts.isVariableStatement(part) ? part.declarationList : part;
      if (ts.isVariableDeclarationList(list)) declared.push(...list.declarations);
      if (ts.isParameter(part)) declared.push(part);
    });
    const isName = (/** @type {ts.Node} */ part) => ts.isIdentifier(part) && part.text === name.text;
    const found = declared.find((declaration) => contains(declaration.name, isName));
    if (found) return found;
  }
  return undefined;
}

/** @param {ts.Node} node @returns {ts.Node} an expression without its type; a constant of the file stands for its value */
function constantValue(node) {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node))
    return constantValue(node.expression);
  const declaration = ts.isIdentifier(node) ? declarationOf(node) : undefined;
  const isConstant =
    !!declaration && ts.isIdentifier(declaration.name) && declaration.parent.flags & ts.NodeFlags.Const;
  return isConstant && declaration.initializer ? constantValue(declaration.initializer) : node;
}

/** @param {ts.Node} node @returns {boolean} whether a part of a list or an object is open */
function hasOpenPart(node) {
  const value = constantValue(node);
  if (!ts.isArrayLiteralExpression(value) && !ts.isObjectLiteralExpression(value)) return false;
  const parts = ts.isArrayLiteralExpression(value) ? value.elements : value.properties;
  return parts.some((part) => {
    // An empty list that is spread adds nothing to the whole.
    if (ts.isSpreadElement(part) || ts.isSpreadAssignment(part)) return hasOpenPart(part.expression);
    if (ts.isShorthandPropertyAssignment(part)) return isOpen(part.name);
    return isOpen(ts.isPropertyAssignment(part) ? part.initializer : part);
  });
}

/**
 * Whether a pattern, or a part of it, matches every value of its kind. To tap an empty list is the beginning of every list, an empty object
 * a part of every object, and an empty expression a part of every text. Only an empty text stands for itself.
 * @param {ts.Node} node @returns {boolean}
 */
function isOpen(node) {
  const value = constantValue(node);
  if (ts.isConditionalExpression(value)) return isOpen(value.whenTrue) || isOpen(value.whenFalse);
  if (ts.isRegularExpressionLiteral(value)) return anyText.test(value.text);
  if (ts.isNewExpression(value))
    return /^(?:Map|RegExp|Set)$/.test(value.expression.getText()) && (value.arguments ?? []).length === 0;
  if (ts.isArrayLiteralExpression(value) && value.elements.length === 0) return true;
  if (ts.isObjectLiteralExpression(value) && value.properties.length === 0) return true;
  return hasOpenPart(value);
}

/** The remedy for a violation. @type {Readonly<Record<string, string>>} */
const objections = {
  'busy-loop': 'a loop without a body keeps the processor busy: use `wait` of test/kit/wait.ts.',
  'long-sleep': `a sleep of ${shortestSleepMs} ms or more: wait for an event or a state, or move the clock.`,
  'elapsed-time':
    'an upper limit on time tells how busy the machine is: prove it otherwise, or move the test to test/serial.',
  'open-pattern':
    'an empty list, object or expression in a pattern matches every list, object or text, so the assertion cannot fail: compare the member with `t.same`, write `{ length: 0 }` for an empty list, or `Array` or `Object` where any is right.',
};

/** @type {Readonly<Record<string, Rule>>} */
const rules = {
  /** Such a loop takes the processor from the program that it waits for. */
  'busy-loop': (node) => {
    const isLoop = ts.isWhileStatement(node) || ts.isDoStatement(node) || ts.isForStatement(node);
    if (!isLoop) return false;
    const { statement } = node;
    return ts.isEmptyStatement(statement) || (ts.isBlock(statement) && statement.statements.length === 0);
  },
  /** A sleep is a bet on the speed of the machine. */
  'long-sleep': (node, file) => {
    const ms = sleepOf(node, file);
    return ms !== undefined && largestNumber(ms, file) >= shortestSleepMs;
  },
  /** Next to other tests a time says how busy the machine is. */
  'elapsed-time': (node, file) => {
    if (isSerial(file.fileName) || !ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression))
      return false;
    const [subject, method] = [node.expression.expression.getText(file), node.expression.name.text];
    if (!/^(?:t|test)$/.test(subject) || !/^(?:ok|notOk|equal|not|same|match|has)$/.test(method)) return false;
    return node.arguments.some((argument) => contains(argument, (part) => isBetOnSpeed(part, file)));
  },
  /** Such a pattern says nothing, and looks as if it did. */
  'open-pattern': (node, file) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
    const pattern = node.arguments[1];
    if (!pattern || !/^(?:t|test)$/.test(node.expression.expression.getText(file))) return false;
    return /^(?:match|matchStrict|has|hasStrict|rejects|throws)$/.test(node.expression.name.text) && isOpen(pattern);
  },
};

/** @param {string} path @param {string} text @returns {{ rule: string, path: string, line: number }[]} */
function violationsIn(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  /** @type {ReturnType<typeof violationsIn>} */
  const found = [];
  contains(file, (node) => {
    for (const [rule, violates] of Object.entries(rules))
      if (violates(node, file))
        found.push({ rule, path, line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1 });
    return false;
  });
  return found;
}

/** For each rule texts that violate it. @type {Readonly<Record<string, readonly string[]>>} */
const planted = {
  'busy-loop': [
    'while (await runs());',
    'while (!(await runs())) {}',
    'do {} while (await runs());',
    'for (let seen = 0; seen < 3; seen = await count());',
  ],
  'long-sleep': [
    "import { setTimeout as pause } from 'node:timers/promises';\nawait pause(1_000);",
    "import { setTimeout } from 'node:timers/promises';\nawait setTimeout(100);",
    'await new Promise((resolve) => setTimeout(resolve, 100));',
    'const LONG = 5000;\nawait new Promise((resolve) => setTimeout(resolve, 2 * LONG));',
  ],
  'elapsed-time': [
    't.ok(Date.now() - begun < 30_000);',
    't.ok(30_000 > performance.now() - begun);',
    'const took = performance.now() - begun;\nt.equal(took <= 100, true);',
    'const timed = async () => {\n  const begun = Date.now();\n  return Date.now() - begun;\n};\nt.ok((await timed()) < 50);',
    't.ok(Math.abs(time - Date.now()) < 1000);',
    't.ok(expires - Date.now() > 20_000);',
  ],
  'open-pattern': [
    't.match(list, []);',
    't.match(report, { wrong: [], undecided: [] });',
    't.match(steps, [{}, { status: "failed" }]);',
    't.has(answer, { body: { result: {} } });',
    't.hasStrict(answer, { tags: new Set() });',
    't.match(answer, { problems: engine ? ["none"] : [] });',
    't.match(answer, { text: /.*/ });',
    'const none = { errors: [] } as const;\nt.match(answer, none);',
    'const errors = [];\nt.match(answer, { status: 200, errors });',
    'const missing = { status: 404, chain: [] };\nt.match(answer, { ...missing, code: "x" });',
    'await t.rejects(call(), {});',
    't.throws(() => read(""), { details: { known: [] } });',
  ],
};

/** Texts that violate no rule. */
const allowed = [
  'while (!seen) await next();',
  'for await (const chunk of stream) {}',
  'setTimeout(() => proxy.accept(), 100);',
  'await new Promise((resolve) => setTimeout(resolve, 5));',
  't.ok(Date.now() - begun >= 1000);',
  'const asked = Date.now();\nt.ok(time >= asked && time <= Date.now());',
  'const seconds = (Date.now() - begun) / 1000;\nt.ok(kept < 10 + 5 * seconds);',
  't.ok(find(Date.now() - 1000));',
  't.match(report, { wrong: { length: 0 }, stdout: "", files: Array, figures: Object, more: undefined });',
  't.match(answer, { ...(isLarge ? { more: 1 } : {}), ...{}, code: 200 });',
  't.match(await call("ping", {}, []), { text: /^$|^(?!.*secret)/ });',
  't.same(report, { wrong: [], figures: {} });',
  't.notMatch(answer, []);',
  'const none = () => {\n  const seen = [];\n};\nfor (const [seen, none] of cases) t.match(answer, { seen, none });',
];

/** @throws {Stop} naming the texts that a rule judges wrongly */
function selfCheck() {
  const path = 'test/unit/planted.test.ts';
  const missed = Object.keys(rules).flatMap((rule) => {
    const texts = planted[rule] ?? [];
    const found = texts.filter((text) => violationsIn(path, text).some((violation) => violation.rule === rule));
    return texts.length === 0 ? [rule] : texts.filter((text) => !found.includes(text));
  });
  if (missed.length > 0) throw new Stop(`The rules for tests miss what was planted:\n${missed.join('\n')}`);
  const wrong = allowed.filter((text) => violationsIn(path, text).length > 0);
  if (wrong.length > 0) throw new Stop(`The rules for tests object to what is allowed:\n${wrong.join('\n')}`);
}

await main(async () => {
  selfCheck();
  const paths = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((path) => `test/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !otherPrograms.test(path));
  const found = paths.flatMap((path) => violationsIn(path, readFileSync(join(root, path), 'utf8')));
  const excepted = new Set(found.map(({ rule, path }) => `${rule} ${path}`));
  const problems = found
    .filter(({ rule, path }) => !exceptions[`${rule} ${path}`])
    .map(({ rule, path, line }) => `${path}:${line}: ${objections[rule]}`);
  for (const exception of Object.keys(exceptions))
    if (!excepted.has(exception))
      problems.push(`.ci/test-rules.mjs does not need the exception '${exception}' any longer.`);
  for (const problem of problems) say(problem);
  say(`${Object.keys(rules).length} rules for tests, ${paths.length} files, ${problems.length} violations`);
  return problems.length > 0 ? 1 : 0;
});
