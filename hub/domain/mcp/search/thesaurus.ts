import { stemmer } from 'stemmer';
import { actions, browser, content, everyday, further, systems } from './thesaurus-entries.js';

/** Letters of languages that put no spaces between words: every two neighbours count as a word. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+/gu;

/** Words that say nothing about a tool. */
const idle = new Set(
  'a an the of to in on at for from with by and or as is are was were be been am do does did done has have had can could will would should may might must how i me my we our us you your it its this that these those there their they them he she what which when where who whom whose why if want need please get got go some any just so let not no into onto about t don doesn didn isn aren won e g'
    .split(' ')
    .map(stemOf),
);

/** The words of a text in one form each: `Deleting`, `deletes` and `delete` are one, accents do not count, `snake_case` is two. */
export function stems(text: string): string[] {
  const found = text
    .normalize('NFKD')
    .replace(/\p{Mn}+/gu, '')
    .toLowerCase()
    .replace(/['’]s?\b/g, ' ')
    .replace(unspaced, (run) => ` ${pairs(run).join(' ')} `)
    .match(/[\p{L}\p{N}]+/gu);
  return (found ?? []).map(stemOf);
}

/** A name with its parts as words where it is written `likeThis` or `LikeThis`; itself too, for there are GitHub and PostgreSQL. */
export function spelledOut(name: string): string {
  const parts = name.replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2');
  return parts === name ? name : `${name} ${parts}`;
}

/** Whether a word (as `stems` gives it) says nothing about a tool. */
export function isIdle(stem: string): boolean {
  return idle.has(stem);
}

function stemOf(word: string): string {
  return word.length > 3 ? stemmer(word) : word.replace(/(?<=..)s$/, '');
}

function pairs(run: string): string[] {
  const letters = [...run];
  return letters.length < 2 ? letters : letters.slice(1).map((letter, i) => `${letters[i]}${letter}`);
}

/**
 * Words that people use for one another when they ask for a tool, a line for each meaning (`thesaurus/*.ts`).
 *
 * - `delete, remove, get rid of`: a client that says one of them may mean each of the others.
 * - `how far > distance`: a question with the left word may mean the right one, but not the other way round.
 * - `!delete, remove`: a tool with one of these in its name changes something.
 *
 * A word may stand in several lines, and an entry may have several words. Forms of a word (`page`, `pages`; `delete`, `deleting`), capitals and accents make no
 * difference. To extend it, add a word or a line that many who run servers of that kind would use; a product's name only where people have another name for it.
 * A line helps most when it is short. Practice questions (`test/fixtures/find-tools/practice.json`) show the value of a line.
 */
const lines = [actions, content, systems, browser, everyday, further].flatMap((text) => text.trim().split('\n'));

/** A word or phrase of the thesaurus. Meanings are terms of the index. */
interface Entry {
  /** Of which it is one of the words. */
  readonly names: string[];
  /** The words that a client may mean with a word of its question: the word itself, and others. */
  readonly asksFor: string[];
}

/** Words of a question that belong together: one, or an entry of several. */
export interface Phrase {
  readonly words: readonly string[];
  readonly meanings: readonly string[];
}

/** How terms for meanings begin; no word does. */
const MARK = '=';

interface Thesaurus {
  /** By the stems of its words, with a space between each two. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** The meanings that are changes. */
  readonly changes: ReadonlySet<string>;
  /** Words of the longest entry. */
  readonly longest: number;
}

let built: Thesaurus | undefined;

/** Built at the first search: stemming every word takes tens of milliseconds. */
function thesaurus(): Thesaurus {
  built ??= build();
  return built;
}

function build(): Thesaurus {
  const entries = new Map<string, Entry>();
  const changes = new Set<string>();
  let longest = 1;
  const entryFor = (phrase: string): Entry => {
    const words = stems(phrase);
    const key = words.join(' ');
    const entry = entries.get(key) ?? { names: [], asksFor: [] };
    entries.set(key, entry);
    longest = Math.max(longest, words.length);
    return entry;
  };
  for (const [i, line] of lines.entries()) {
    const meaning = `${MARK}${i}`;
    if (line.startsWith('!')) changes.add(meaning);
    const [left = '', right] = line.split('>');
    for (const phrase of (right ?? left).split(',')) entryFor(phrase).names.push(meaning);
    for (const phrase of line.split(/[,>]/)) entryFor(phrase).asksFor.push(meaning);
  }
  return { entries, changes, longest };
}

/** Whether a term stands for a meaning, and not for a word. */
export function isMeaning(term: string): boolean {
  return term.startsWith(MARK);
}

/** Whether a term stands for a meaning that is a change of something. */
export function isChange(term: string): boolean {
  return thesaurus().changes.has(term);
}

/** Terms for all that the words of a description (as `stems` gives them) name, alone or together. */
export function meanings(words: readonly string[]): string[] {
  return words.flatMap((_, i) => entriesAt(words, i).flatMap(({ entry }) => entry.names));
}

/** The words of a question (as `stems` gives them) as phrases: of entries that begin at a word the longest counts. */
export function phrases(words: readonly string[]): Phrase[] {
  const found: Phrase[] = [];
  for (let i = 0; i < words.length; ) {
    const [longestEntry] = entriesAt(words, i);
    const length = longestEntry?.length ?? 1;
    found.push({ words: words.slice(i, i + length), meanings: longestEntry?.entry.asksFor ?? [] });
    i += length;
  }
  return found;
}

/** Entries that begin at a word, the longest first. */
function entriesAt(words: readonly string[], start: number): { readonly length: number; readonly entry: Entry }[] {
  const { entries, longest } = thesaurus();
  const found: { length: number; entry: Entry }[] = [];
  for (let length = Math.min(longest, words.length - start); length > 0; length -= 1) {
    const entry = entries.get(words.slice(start, start + length).join(' '));
    if (entry) found.push({ length, entry });
  }
  return found;
}
