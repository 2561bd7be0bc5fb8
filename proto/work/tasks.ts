import { createTwoFilesPatch } from 'diff';
import { Composer, isMap, isScalar, Lexer, Parser, visit } from 'yaml';
import { jsonCost, jsonLineCost } from '../text/json-cost.js';
import { compilePattern } from '../text/patterns.js';
import { mostLevels, tooDeep } from './depth.js';
import { readLargeMessage } from './large-message.js';
import { checkSchema } from './schema-check.js';
import { sampleArguments } from './schema-sample.js';

/** Texts that differ so much that the comparison takes longer are shown whole, milliseconds. */
const diffMs = 1500;

/** The work that a worker does. Each task takes and returns plain values. */
export const tasks = {
  /** Parses one YAML document. @throws Error that describes the mistake in one line; the line quotes nothing of the text. */
  yaml(text: string): unknown {
    // The parser's own check for repeated keys compares each key with all others.
    const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: 'error' });
    const [document, another] = composer.compose(yamlTokens(text), true, text.length);
    if (!document) throw new Error('it holds no YAML document');
    const [error] = document.errors;
    if (error) throw new Error(`it is not valid YAML (${error.code}, at character ${error.pos[0] + 1})`);
    if (another) throw new Error(`it is not valid YAML (MULTIPLE_DOCS, at character ${another.range[0] + 1})`);
    visit(document, {
      Node(_key, node, path) {
        if (path.length > mostLevels) throw tooDeep();
        if (isMap(node)) checkKeys(node.items.map(({ key }) => (isScalar(key) ? String(key.value) : '')));
      },
    });
    // An alias that stands for much, and often, would make a small text a large value.
    return document.toJS({ maxAliasCount: 0 });
  },

  /** A unified diff of two texts; empty where they are the same. */
  diff({ before, after }: { readonly before: string; readonly after: string }): string {
    if (before === after) return '';
    const patch = createTwoFilesPatch('before', 'after', before, after, '', '', { context: 3, timeout: diffMs });
    if (patch !== undefined) return patch.replace(/^=+\n/, '').replace(/^(---|\+\+\+) (\w+)\t$/gm, '$1 $2');
    const lines = (text: string, sign: string): string => text.replace(/\n$/, '').replace(/^/gm, sign);
    const count = (text: string): number => text.split('\n').length - 1;
    const range = `@@ -1,${count(before)} +1,${count(after)} @@`;
    return `--- before\n+++ after\n${range}\n${lines(before, '-')}\n${lines(after, '+')}\n`;
  },

  message: readLargeMessage,

  jsonLine: (bytes: Uint8Array) => jsonLineCost(bytes),

  /** The cost of a JSON text; see `jsonCost`. */
  json: ({ text, most }: { readonly text: string; readonly most: number }) => jsonCost(text, most),

  schema: checkSchema,

  sample: sampleArguments,

  /** Whether a text matches a pattern of JavaScript. @throws Error as `compilePattern` */
  pattern({ pattern, text }: { readonly pattern: string; readonly text: string }): boolean {
    return compilePattern(pattern, undefined, 'js')(text);
  },
} as const;

export type TaskName = keyof typeof tasks;

function checkKeys(keys: readonly string[]): void {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) throw new Error(`it has the key '${key.slice(0, 64)}' twice in one place`);
    seen.add(key);
  }
}

/**
 * The syntax tree of a YAML text. The parser builds it without a call for each level, and so its depth is known before any code walks it.
 * @throws Error for a text that nests too deeply
 */
function* yamlTokens(text: string) {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    // The nodes that are open: the document, and what stands in it.
    if (parser.stack.length > mostLevels + 1) throw tooDeep();
  }
  yield* parser.end();
}
