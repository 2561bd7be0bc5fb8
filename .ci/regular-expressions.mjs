// Refuses regular expressions of the product whose work grows with the square of a text, or faster: one long header or name would hold the event
// loop. First it makes sure that it finds the planted ones.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyse } from 'scslre';
import ts from 'typescript';
import { main, root, Stop, say } from '../deploy/local/prepare.mjs';

/**
 * Expressions that repeat where they may begin (`Move`) or inside of themselves (`Self`). Two repetitions that share characters (`Trade`) are often
 * meant, and their texts are bounded: they are not judged.
 */
const reportTypes = { Move: true, Self: true, Trade: false };

/** @param {string} literal `/…/flags` */
function isSlow(literal) {
  const end = literal.lastIndexOf('/');
  return analyse({ source: literal.slice(1, end), flags: literal.slice(end + 1) }, { reportTypes }).reports.length > 0;
}

/** @param {string} path @param {string} text @returns {{ place: string, literal: string }[]} */
function literalsIn(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  /** @type {ReturnType<typeof literalsIn>} */
  const found = [];
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isRegularExpressionLiteral(node)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      found.push({ place: `${path}:${line + 1}`, literal: node.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const slow = ['/ +$/', '/\\.+$/', '/^[ \\t]+|[ \\t]+$/g', '/@.*$/', '/\\{([^}]+)\\}/g', '/^(?:a*)*b$/'];
const quick = ['/(?<! ) +$/', '/^ +/', '/@.*/s', '/\\{([^{}]+)\\}/g', '/^[a-z]{1,64}$/'];

await main(async () => {
  const wrong = [...slow.filter((one) => !isSlow(one)), ...quick.filter(isSlow)];
  if (wrong.length > 0) throw new Stop(`These expressions are judged wrongly: ${wrong.join('  ')}`);
  const listed = execFileSync('git', ['ls-files', 'hub', 'agent', 'proto', 'sdk/typescript'], {
    cwd: root,
    encoding: 'utf8',
  });
  const paths = listed.split('\n').filter((path) => /(?<!\.d)\.(?:ts|tsx|mjs)$/.test(path) && !path.includes('/gen/'));
  const literals = paths.flatMap((path) => literalsIn(path, readFileSync(join(root, path), 'utf8')));
  const problems = literals.filter(({ literal }) => isSlow(literal));
  for (const { place, literal } of problems)
    say(
      `${place}: the work of ${literal} grows with the square of the text: say what may not stand before it, as (?<! ) +$ does.`,
    );
  say(`${literals.length} regular expressions, ${problems.length} violations`);
  return problems.length > 0 ? 1 : 0;
});
