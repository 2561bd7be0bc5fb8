import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const foreign = new Set(['node_modules', 'dist', 'bundle', 'data', 'coverage']);

/** @param path a document, relative to the clone @returns its text */
export const markdown = (path: string): string => readFileSync(join(root, path), 'utf8');

/** @param folder relative to the clone @returns every Markdown file below it that belongs to the project, in order */
export function markdownFiles(folder = '.'): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory())
        return foreign.has(entry.name) || /^\.(?!github)/.test(entry.name) ? [] : markdownFiles(path);
      return entry.name.endsWith('.md') ? [path] : [];
    })
    .sort();
}

/** The documents that users read: the README first, then the manual. */
export const manual = (): string[] => ['README.md', ...markdownFiles('docs')];

/** @returns the document's blocks of code in a language, in their order */
export function blocks(path: string, language: string): string[] {
  const fences = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return Array.from(markdown(path).matchAll(fences), ([, block = '']) => block);
}

/** @param command a text that each block must have @returns the document's blocks of shell commands, in their order */
export const shellBlocks = (path: string, command = ''): string[] =>
  blocks(path, 'sh').filter((block) => block.includes(command));

/** @returns the document without its blocks of code */
export const prose = (path: string): string => markdown(path).replace(/^```[\s\S]*?^```$/gm, '');

/** @returns the names by which links lead to the document's headings, as GitHub makes them */
function anchors(path: string): Set<string> {
  const found = new Set<string>();
  for (const [, title = ''] of prose(path).matchAll(/^#+ (.+)$/gm)) {
    const slug = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let name = slug;
    for (let i = 1; found.has(name); i += 1) name = `${slug}-${i}`;
    found.add(name);
  }
  return found;
}

/** @returns the document's links to other files and headings of the project that lead nowhere */
export function brokenLinks(path: string): string[] {
  const links = Array.from(prose(path).matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g), ([, link = '']) => link);
  return links.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : join(dirname(path), file);
    if (!existsSync(resolve(root, target))) return true;
    return anchor !== undefined && !(target.endsWith('.md') && anchors(target).has(anchor));
  });
}

/** @returns the sentences of the document; a title, an item of a list and a cell of a table end a sentence, too */
export function sentences(path: string): string[] {
  return prose(path)
    .replaceAll(/\]\([^)]*\)/g, ']')
    .split('\n')
    .map((line) => (line === '' ? '\n' : /^(?:[#|-]|\d+\.)/.test(line) ? `\n${line}\n` : line))
    .join(' ')
    .split(/\n+|(?<=[.!?:])\s+|\|/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => /\w/.test(sentence));
}
