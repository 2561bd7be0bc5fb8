// Makes the stacks of errors name sources, not places in a bundle. Node can do that itself, but reads each map at start and holds 60 MB for it.
// Here a map is read when a stack with an unknown place is first asked for, in one pass, and only the places that were asked for are kept.
import { readFileSync } from 'node:fs';
import { findSourceMap } from 'node:module';
import { join } from 'node:path';

/** Character code → base64 digit. An array: a map of a bundle has millions of digits. */
const digits = new Uint8Array(128);
for (const [digit, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  digits[character.charCodeAt(0)] = digit;
const [comma, semicolon] = [','.charCodeAt(0), ';'.charCodeAt(0)];

/** The bundles whose stacks are mapped: path → the places known so far, `line:column` → `source:line:column`. @type {Map<string, Map<string, string>>} */
const bundles = new Map();

/** From now on stacks through this bundle name its sources. @param {string} file an absolute path */
export function mapStacks(file) {
  bundles.set(file, new Map());
  Error.prepareStackTrace = prepare;
}

/** @param {unknown} error @param {NodeJS.CallSite[]} sites */
function prepare(error, sites) {
  const frames = sites.map((site) => ({
    text: String(site),
    file: (site.getFileName() ?? '').replace(/^file:\/\//, ''),
    line: site.getLineNumber() ?? 0,
    column: site.getColumnNumber() ?? 0,
  }));
  for (const [file, known] of bundles) {
    const wanted = frames.filter((frame) => frame.file === file && !known.has(`${frame.line}:${frame.column}`));
    if (wanted.length > 0) learn(file, known, wanted);
  }
  const lines = frames.map(({ text, file, line, column }) => {
    const place = bundles.get(file)?.get(`${line}:${column}`) ?? nodePlace(file, line, column);
    return `\n    at ${place ? text.replace(/(?<![^\s(])[^\s(]+:\d+:\d+(?=\)?$)/, place) : text}`;
  });
  let head;
  try {
    head = Error.prototype.toString.call(error);
  } catch {
    head = 'Error';
  }
  return head + lines.join('');
}

/** The place by a map that Node has loaded. @param {string} file @param {number} line @param {number} column */
function nodePlace(file, line, column) {
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1);
  if (!entry || !('originalSource' in entry) || !entry.originalSource) return undefined;
  return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

/**
 * Looks up places of a bundle. A place without a map stays as it is.
 * @param {string} file @param {Map<string, string>} known @param {readonly { line: number, column: number }[]} wanted
 */
function learn(file, known, wanted) {
  for (const { line, column } of wanted) known.set(`${line}:${column}`, `${file}:${line}:${column}`);
  let map;
  try {
    map = JSON.parse(readFileSync(`${file}.map`, 'utf8'));
  } catch {
    return;
  }
  const found = find(map.mappings, wanted);
  for (const [place, [source, line, column]] of found)
    known.set(place, `${join(file, '..', map.sources[source])}:${line + 1}:${column + 1}`);
}

/**
 * Reads the `mappings` of a source map (ECMA-426, base64 VLQ) once.
 * @param {string} mappings
 * @param {readonly { line: number, column: number }[]} wanted counted from 1
 * @returns {Map<string, readonly [source: number, line: number, column: number]>} counted from 0
 */
function find(mappings, wanted) {
  const found = new Map();
  // The running values: column of the bundle; index of the source, its line and its column.
  const now = new Int32Array(5);
  const last = Math.max(...wanted.map((place) => place.line));
  let line = 1;
  let field = 0;
  let value = 0;
  let shift = 0;
  let here = wanted.filter((place) => place.line === line);
  const endSegment = () => {
    if (field >= 4)
      for (const { column } of here)
        if ((now[0] ?? 0) <= column - 1) found.set(`${line}:${column}`, [now[1], now[2], now[3]]);
    field = 0;
  };
  for (let at = 0; at < mappings.length; at += 1) {
    const code = mappings.charCodeAt(at);
    if (code === comma || code === semicolon) {
      endSegment();
      if (code === semicolon) {
        line += 1;
        if (line > last) return found;
        now[0] = 0;
        here = wanted.filter((place) => place.line === line);
      }
      continue;
    }
    const digit = digits[code] ?? 0;
    value += (digit & 31) << shift;
    if (digit & 32) {
      shift += 5;
      continue;
    }
    now[field] = (now[field] ?? 0) + (value & 1 ? -(value >>> 1) : value >>> 1);
    field += 1;
    value = 0;
    shift = 0;
  }
  endSegment();
  return found;
}
