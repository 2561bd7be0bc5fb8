import { isChange, isMeaning, phrases } from './thesaurus.js';
import { isIdle, stems } from './words.js';

/** Weight of a word that is only a part of a phrase with a meaning of its own: `data` in `data source`. */
const PART = 0.3;

/** Terms of a question that are looked for, from its beginning on: twice as many as a long question in plain words has. The time of a search grows with them. */
const TERMS = 48;
/** Of these, the words that are looked for misspelt and as beginnings of longer words, too: that takes the most time. */
const LOOSE_WORDS = 12;

/** How questions begin that want to be told something, and nothing done. */
const asking =
  /^\s*(?:which|what|who|whose|is|are|does|has|have|did|why|when|where|all|every|list|any|how (?!do (?:i|we)\b|can (?:i|we)\b|to\b))\b/i;

/** Things that are only named, `open issues of the project`, are wanted as a list, unless a verb comes before them. */
const naming =
  /^\s*(?:\S+ ){0,3}?\p{L}+[^s\P{L}]s (?:of|that|in|on|with|about|from|between|by|for|under|above|below)\b/iu;

/** A question in plain words, taken apart into what it speaks of. */
export class Question {
  /** Whether it wants to be told something, and nothing done. */
  readonly wantsToKnow: boolean;
  /** All terms to look for, with their weights. */
  readonly weights: ReadonlyMap<string, number>;
  /** The words of which similar ones count, too. */
  readonly looseWords: ReadonlySet<string>;
  /** For each thing that it speaks of the terms that may stand for it. */
  readonly #things: readonly (readonly string[])[];

  constructor(text: string) {
    const weights = new Map<string, number>();
    const things: string[][] = [];
    for (const { words, meanings } of phrases(stems(text))) {
      const named = words.filter((word) => !isIdle(word));
      const terms = [...named, ...meanings];
      const more = terms.filter((term) => !weights.has(term));
      if (more.length === 0) continue;
      if (weights.size + more.length > TERMS) break;
      things.push(terms);
      const add = (term: string, weight: number) => weights.set(term, Math.max(weight, weights.get(term) ?? 0));
      for (const word of named) add(word, words.length > 1 ? PART : 1);
      // A word of many meanings says less of each.
      for (const meaning of meanings) add(meaning, 1 / Math.sqrt(meanings.length));
    }
    this.wantsToKnow = asking.test(text) || (naming.test(text) && !things[0]?.some(isChange));
    this.weights = weights;
    this.looseWords = new Set([...weights.keys()].filter((term) => !isMeaning(term)).slice(0, LOOSE_WORDS));
    this.#things = things;
  }

  /**
   * How much of the question tools answer: 0 to 1. What few tools speak of counts for more.
   * @param found the terms that each of the tools found has; @param tools how many there are to be found.
   */
  coverage(found: readonly (readonly string[])[], tools: number): number[] {
    const having = new Map<string, number>();
    for (const terms of found) for (const term of terms) having.set(term, (having.get(term) ?? 0) + 1);
    // As BM25 has it.
    const rarity = new Map([...having].map(([term, n]) => [term, Math.log(1 + (tools - n + 0.5) / (n + 0.5))]));
    const worth = (things: readonly (readonly string[])[], of: ReadonlyMap<string, number>) =>
      things.reduce((sum, terms) => sum + terms.reduce((most, term) => Math.max(most, of.get(term) ?? 0), 0), 0);
    const all = worth(this.#things, rarity);
    return found.map((terms) => {
      const own = new Map(terms.map((term) => [term, rarity.get(term) ?? 0]));
      return all > 0 ? worth(this.#things, own) / all : 0;
    });
  }
}
