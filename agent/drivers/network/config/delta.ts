import { deviceFailure } from '../failure.js';

/** One line of a configuration with the lines below it. */
interface ConfigNode {
  /** Without indentation. It has several lines if they are one value, such as a banner. */
  readonly line: string;
  readonly children: ConfigNode[];
}

/** Lines that end a block, and comments. */
const closing = /^(?:exit|exit-[\w-]+|end|quit|!.*)$/;
/** A banner continues to the line with its second delimiter. */
const banner = /^(?:no )?banner \S+ (\^\w|\S)(.*)$/;
/** Deeper lines count as lines of this level. No device nests so deep, and code that walks the tree is recursive. */
const mostLevels = 100;
/** The most lines that are entered: a device takes minutes for some thousand. */
const mostLines = 1_000_000;
/** The most lines that are searched for a banner's second delimiter. A banner without one is one line. */
export const longestBanner = 1_000;

/** Reads a configuration that shows its structure by indentation. */
export function parseTree(config: string): ConfigNode[] {
  const root: ConfigNode[] = [];
  const open: { indent: number; children: ConfigNode[] }[] = [{ indent: -1, children: root }];
  const lines = config.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const text = lines[i] ?? '';
    let line = text.trim();
    if (line === '' || closing.test(line)) continue;
    const indent = text.length - text.trimStart().length;
    const [, delimiter, rest = ''] = banner.exec(line) ?? [];
    if (delimiter !== undefined && !line.startsWith('no ') && !rest.includes(delimiter)) {
      const following = lines.slice(i + 1, i + 1 + longestBanner);
      const end = following.findIndex((other) => other.includes(delimiter));
      if (end >= 0) {
        line = [line, ...following.slice(0, end + 1)].join('\n');
        i += end + 1;
      }
    }
    while ((open.at(-1)?.indent ?? -1) >= indent && open.length > 1) open.pop();
    const node: ConfigNode = { line, children: [] };
    open.at(-1)?.children.push(node);
    if (open.length <= mostLevels) open.push({ indent, children: node.children });
  }
  return root;
}

/** The parts of a configuration whose first line begins with this text, with the lines below; `undefined` if there are none. */
export function sectionOf(config: string, section: string): string | undefined {
  const wanted = section.trim().replace(/\s+/g, ' ').toLowerCase();
  const kept: string[] = [];
  let inside = false;
  for (const line of config.split('\n')) {
    if (/^\S/.test(line) && !closing.test(line.trim())) {
      const head = line.trim().replace(/\s+/g, ' ').toLowerCase();
      inside = head === wanted || head.startsWith(`${wanted} `) || (wanted.length > 2 && head.startsWith(wanted));
    }
    if (inside && !/^!/.test(line)) kept.push(line);
  }
  return kept.length === 0 ? undefined : kept.join('\n').trimEnd();
}

/** How the lines of a platform can be changed. */
export interface LineRules {
  /** Lines that are not configuration. */
  readonly ignored: RegExp;
  /**
   * Lines that exist once: a new line replaces the old one, and the text that the pattern matches removes it. The first group is the part
   * that stays the same.
   */
  readonly single: RegExp;
  /** Blocks in which the order of the lines counts: a change writes the whole block again. */
  readonly ordered: RegExp;
  /** Blocks that cannot be removed themselves, only their content. */
  readonly lasting: RegExp;
}

/**
 * The lines that turn one configuration into another, in the order in which they are entered: first the removals, then the additions.
 * `exit` leaves a block.
 * @throws AgentFailure `output_too_large` for a change of too many lines
 */
export function deltaLines(from: string, to: string, rules: LineRules): string[] {
  const drop: string[] = [];
  const add: string[] = [];
  compare(known(parseTree(from), rules), known(parseTree(to), rules), rules, [], drop, add);
  return [...drop, ...add];
}

function known(nodes: readonly ConfigNode[], rules: LineRules): ConfigNode[] {
  const merged = new Map<string, ConfigNode>();
  for (const node of nodes) {
    if (rules.ignored.test(node.line)) continue;
    // The same block twice is one block.
    const before = merged.get(node.line);
    if (before === undefined) merged.set(node.line, { line: node.line, children: [...node.children] });
    else for (const child of node.children) before.children.push(child);
  }
  return [...merged.values()].map(({ line, children }) => ({ line, children: known(children, rules) }));
}

const byLine = (nodes: readonly ConfigNode[]) => new Map(nodes.map((node) => [node.line, node]));

function compare(
  from: readonly ConfigNode[],
  to: readonly ConfigNode[],
  rules: LineRules,
  path: readonly string[],
  drop: string[],
  add: string[],
): void {
  const wanted = byLine(to);
  const replaced = new Set(to.map(({ line }) => rules.single.exec(line)?.[1]));
  for (const node of from) {
    const other = wanted.get(node.line);
    if (other === undefined) remove(node, replaced, rules, path, drop);
    else if (rules.ordered.test(node.line) && !same(node.children, other.children)) {
      within(path, [negate(node.line)], drop);
      within(path, entered(other), add);
    } else compare(node.children, other.children, rules, [...path, node.line], drop, add);
  }
  const present = byLine(from);
  for (const node of to) if (!present.has(node.line)) within(path, entered(node), add);
}

/** @param replaced the lines that exist once and get a successor, by the part that stays the same */
function remove(
  node: ConfigNode,
  replaced: ReadonlySet<string | undefined>,
  rules: LineRules,
  path: readonly string[],
  drop: string[],
): void {
  const [, key] = rules.single.exec(node.line) ?? [];
  if (key !== undefined && replaced.has(key)) return;
  const bare = rules.single.exec(node.line)?.[0] ?? node.line;
  if (!rules.lasting.test(node.line)) {
    within(path, [negate(bare)], drop);
    return;
  }
  for (const child of node.children) remove(child, new Set(), rules, [...path, node.line], drop);
}

/** The line that removes a line. A banner is removed without its text. */
function negate(line: string): string {
  const [first = ''] = line.split('\n');
  const bare = /^banner \S+/.exec(first)?.[0] ?? first;
  return bare.startsWith('no ') ? bare.slice(3) : `no ${bare}`;
}

function entered(node: ConfigNode): string[] {
  return node.children.length === 0 ? [node.line] : [node.line, ...node.children.flatMap(entered), 'exit'];
}

/** Adds lines inside their blocks: enters each block of the path, and leaves it again. */
function within(path: readonly string[], lines: readonly string[], into: string[]): void {
  if (into.length + lines.length + 2 * path.length > mostLines) {
    const message = `the change takes more than ${mostLines} lines, which are not entered`;
    throw deviceFailure('upstream', 'output_too_large', message);
  }
  for (const line of path) into.push(line);
  for (const line of lines) into.push(line);
  for (const _ of path) into.push('exit');
}

function same(a: readonly ConfigNode[], b: readonly ConfigNode[]): boolean {
  return (
    a.length === b.length && a.every((node, i) => node.line === b[i]?.line && same(node.children, b[i]?.children ?? []))
  );
}
