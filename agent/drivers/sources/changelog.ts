import { compareVersions } from './order.js';

/** Names under which packages bring their change log, best first. */
export const changelogNames =
  /^(changelog|changes|history|releases?|release[-_]notes|news)(\.(md|markdown|txt|rst))?$/i;

/** More is left out, characters. */
const limit = 16_384;

/** A longer line is text, characters: the expression below takes long for lines that are made to be hard to read. */
const longestHeading = 512;

/** A heading that begins with a version: `## [1.2.0] - date`, `# v1.2`, `Version 1.2.0`, each as Markdown or underlined. */
const heading = /^(#{1,5}\s*)?(?:<[^>]*>\s*)*[[(*]*(?:version\s+|release\s+)?v?(\d+\.\d[0-9a-z.+-]*)(?=$|[\])*\s:,(])/i;
const underline = /^(=|-|~){3,}\s*$/;

/** The sections of a change log about what came after `from`, up to `to`; `undefined` where it has none. */
export function changesBetween(text: string, from: string, to: string): string | undefined {
  const lines = text.split(/\r?\n/);
  const kept: string[] = [];
  let inside = false;
  for (const [i, line] of lines.entries()) {
    const [, marks, version] = (line.length <= longestHeading && heading.exec(line)) || [];
    const isHeading = version !== undefined && (marks !== undefined || underline.test(lines[i + 1] ?? ''));
    if (isHeading) inside = compareVersions(version, from) > 0 && compareVersions(version, to) <= 0;
    if (inside) kept.push(line);
  }
  const changes = kept.join('\n').trim();
  if (changes === '') return undefined;
  return changes.length <= limit ? changes : `${changes.slice(0, limit)}\n… [cut: ${changes.length} characters]`;
}
