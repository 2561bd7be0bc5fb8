// The faults that can be planted in a source: a condition that is turned around, and a call that is left out.
import ts from 'typescript';

/**
 * A fault and its place.
 * @typedef {{ file: string, line: number, kind: 'condition' | 'call', start: number, end: number, before: string, after: string }} Mutant
 */

/** Calls that no caller of the product notices: logs, and calls that only let a program end earlier. */
const unnoticed =
  /(?:^|\.)(?:log|logger|#log)\b|\.(?:trace|debug|info|warn|error|unref|ref)\(|^clear(?:Timeout|Interval|Immediate)\(/;

/** @param {ts.Node} node the operand of `!` @param {ts.SourceFile} source */
const negated = (node, source) => `!(${node.getText(source)})`;

/**
 * @param {string} file its path in the clone
 * @param {string} text the source
 * @returns {Mutant[]} every fault that can be planted in it, in the order of their places
 */
export function mutantsOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  /** @type {Mutant[]} */
  const found = [];
  /** @param {Mutant['kind']} kind @param {ts.Node} node @param {string} after */
  const add = (kind, node, after) => {
    const start = node.getStart(source);
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    found.push({ file, line, kind, start, end: node.getEnd(), before: node.getText(source), after });
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
      const condition = ts.isIfStatement(node) ? node.expression : node.condition;
      add('condition', condition, negated(condition, source));
    }
    if (ts.isExpressionStatement(node)) {
      const call = ts.isAwaitExpression(node.expression) ? node.expression.expression : node.expression;
      // `super()` cannot be left out: the source would not load.
      const isCall = ts.isCallExpression(call) && call.expression.kind !== ts.SyntaxKind.SuperKeyword;
      if (isCall && !unnoticed.test(call.getText(source))) add('call', node, ';');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** @param {string} text @param {Mutant} mutant @returns {string} the source with the fault in it */
export const planted = (text, { start, end, after }) => `${text.slice(0, start)}${after}${text.slice(end)}`;

/** @param {Mutant} mutant @returns {string} its place, unlike that of any other */
export const placeOf = ({ file, line, kind, start }) => `${file}:${line} (${kind} at ${start})`;
