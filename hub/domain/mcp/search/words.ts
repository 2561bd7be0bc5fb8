import { stemmer } from 'stemmer';

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
