import { setImmediate } from 'node:timers/promises';
import { compareVersions } from './order.js';

/** Names under which packages bring their change log, best first. */
export const changelogNames =
  /^(changelog|changes|history|releases?|release[-_]notes|news)(\.(md|markdown|txt|rst))?$/i;

/** The longest result, characters. */
const limit = 16_384;

/** A longer line is no heading, characters: the expression below takes long for hostile lines. */
const longestHeading = 512;

/** A heading that begins with a version: `## [1.2.0] - date`, `# v1.2`, `Version 1.2.0`, each as Markdown or underlined. */
const heading = /^(#{1,5}\s*)?(?:<[^>]*>\s*)*[[(*]*(?:version\s+|release\s+)?v?(\d+\.\d[0-9a-z.+-]*)(?=$|[\])*\s:,(])/i;
const underline = /^(=|-|~){3,}\s*$/;

/** The part of a change log that is read, characters. Most change logs begin with the newest version. */
const mostRead = 4 * 1024 * 1024;

/** How many characters are read in one turn of the event loop: they take a few milliseconds at most. */
const turn = 32 * 1024;

/** The sections of a change log about versions after `from`, up to `to`; `undefined` if it has none. */
export async function changesBetween(whole: string, from: string, to: string): Promise<string | undefined> {
  const text = whole.slice(0, mostRead);
  let changes = '';
  let characters = 0;
  let inside = false;
  let rested = 0;
  for (let start = 0, end: number; start < text.length; start = end + 1) {
    end = lineEnd(text, start);
    if (end - rested >= turn) {
      await setImmediate();
      rested = end;
    }
    const line = lineAt(text, start, end);
    const [, marks, version] = (line.length <= longestHeading && heading.exec(line)) || [];
    const isHeading = version !== undefined && (marks !== undefined || isUnderlined(text, end + 1));
    if (isHeading) inside = compareVersions(version, from) > 0 && compareVersions(version, to) <= 0;
    if (!inside || (characters === 0 && line.trim() === '')) continue;
    characters += line.length + 1;
    if (changes.length <= limit) changes += `${line.slice(0, limit + 1)}\n`;
  }
  if (characters === 0) return undefined;
  return characters - 1 <= limit ? changes.trim() : `${changes.slice(0, limit)}\n… [cut: ${characters - 1} characters]`;
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

function lineAt(text: string, start: number, end: number): string {
  return text.slice(start, text[end - 1] === '\r' ? end - 1 : end);
}

function isUnderlined(text: string, start: number): boolean {
  const end = lineEnd(text, start);
  return end - start <= longestHeading && underline.test(lineAt(text, start, end));
}
