import { hasTerm, MOST_TERMS } from './fit.js';
import { type AskedTerm, rarity } from './term-index.js';
import { isChange, isIdle, isMeaning, phrases, stems } from './thesaurus.js';

/** Weight of a word that is only a part of a phrase with a meaning of its own: `data` in `data source`. */
const PART = 0.3;

/** The most words of a question that are also searched with misspellings and as beginnings of longer words: this takes the most time. */
const LOOSE_WORDS = 12;

/** The weight of an answer to the whole question over an answer to a part of it. */
const COVERAGE = 1.3;

/** How questions begin that ask for information, and not for an action. */
const asking =
  /^\s*(?:which|what|who|whose|is|are|does|has|have|did|why|when|where|all|every|list|any|how (?!do (?:i|we)\b|can (?:i|we)\b|to\b))\b/i;

/** A question that only names things, such as `open issues of the project`, asks for a list, unless a verb comes before them. */
const naming =
  /^\s*(?:\S+ ){0,3}?\p{L}+[^s\P{L}]s (?:of|that|in|on|with|about|from|between|by|for|under|above|below)\b/iu;

/** A question in plain words, taken apart into its terms. */
export class Question {
  /** Whether it asks for information, and not for an action. */
  readonly wantsToKnow: boolean;
  /** All terms to look for, from the question's beginning: twice as many at most as a long question in plain words has. */
  readonly terms: readonly AskedTerm[];
  /** For each thing that the question names the places of its terms. */
  readonly #things: readonly (readonly number[])[];

  constructor(text: string) {
    const weights = new Map<string, number>();
    const things: string[][] = [];
    for (const { words, meanings } of phrases(stems(text))) {
      const named = words.filter((word) => !isIdle(word));
      const terms = [...named, ...meanings];
      const more = terms.filter((term) => !weights.has(term));
      if (more.length === 0) continue;
      if (weights.size + more.length > MOST_TERMS) break;
      things.push(terms);
      const add = (term: string, weight: number) => weights.set(term, Math.max(weight, weights.get(term) ?? 0));
      for (const word of named) add(word, words.length > 1 ? PART : 1);
      // A word of many meanings says less of each.
      for (const meaning of meanings) add(meaning, 1 / Math.sqrt(meanings.length));
    }
    const places = new Map([...weights.keys()].map((term, place) => [term, place]));
    const looseWords = new Set([...weights.keys()].filter((term) => !isMeaning(term)).slice(0, LOOSE_WORDS));
    this.wantsToKnow = asking.test(text) || (naming.test(text) && !things[0]?.some(isChange));
    this.terms = [...weights].map(([term, weight]) => ({ term, weight, isLoose: looseWords.has(term) }));
    this.#things = things.map((terms) => terms.map((term) => places.get(term) ?? 0));
  }

  /**
   * A function that tells how much of the question a set of its terms answers: 0 to 1. A word that few tools have counts for more.
   * @param having for each of the terms the number of tools that have it @param tools the number of all tools
   */
  coverage(having: readonly number[], tools: number): (terms: number) => number {
    const worths = having.map((n) => (n === 0 ? 0 : rarity(n, tools)));
    const worth = (has: (place: number) => boolean) =>
      this.#things.reduce(
        (sum, places) =>
          sum + places.reduce((most, place) => (has(place) ? Math.max(most, worths[place] ?? 0) : most), 0),
        0,
      );
    const all = worth(() => true);
    const known = new Map<number, number>();
    return (terms) => {
      let covered = known.get(terms);
      if (covered === undefined) {
        covered = all > 0 ? (worth((place) => hasTerm(terms, place)) / all) ** COVERAGE : 0;
        known.set(terms, covered);
      }
      return covered;
    };
  }
}
