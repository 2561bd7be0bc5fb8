import SearchableMap from 'minisearch/SearchableMap';
import type { Turns } from '../../event-loop.js';

/** A term of a question. */
export interface AskedTerm {
  readonly term: string;
  readonly weight: number;
  /** Whether longer words that begin with it, and words that are spelled nearly like it, count too. */
  readonly isLoose: boolean;
}

/** The constants of BM25. */
const BM25 = { k: 2, b: 0.9 };

/** The shortest term that is searched as the beginning of longer words, and how much these count. */
const PREFIX = { length: 4, weight: 0.3, loss: 0.3 };
/** The shortest term that is searched with misspellings, how much these count, and how many letters of a word may differ. */
const FUZZY = { length: 5, weight: 0.2, share: 0.2, most: 6 };

/** A term counts this often in one field at most: the counts of five fields fit in one small integer. */
const MOST_COUNTED = 63;
const BITS = 6;

/** A document in the index. */
interface Entry<D> {
  readonly document: D;
  /** The number of different terms of each field. */
  readonly lengths: readonly number[];
  readonly weight: number;
  readonly terms: Term<D>[];
}

/** A term in the index. */
interface Term<D> {
  readonly text: string;
  /** How often the fields of a document have the term: `BITS` bits for each field. */
  readonly counts: Map<Entry<D>, number>;
  /** For each field the weight of all documents whose field has the term. */
  readonly having: number[];
}

/** An index of documents by their terms, with a score of BM25 for each field. A search shares the event loop, and a removed document leaves nothing behind. */
export class TermIndex<D> {
  readonly #boosts: readonly number[];
  readonly #terms = new SearchableMap<Term<D>>();
  readonly #entries = new Map<D, Entry<D>>();
  /** For each field the lengths of all documents together, each as often as its weight says. */
  readonly #lengths: number[];
  #weight = 0;

  /** @param boosts the weights of the fields, five at most */
  constructor(boosts: readonly number[]) {
    this.#boosts = boosts;
    this.#lengths = boosts.map(() => 0);
  }

  /** The number of documents. */
  get size(): number {
    return this.#entries.size;
  }

  /** The number of different terms. */
  get termCount(): number {
    return this.#terms.size;
  }

  /**
   * @param fields the terms of each field
   * @param weight how many documents it stands for
   */
  add(document: D, fields: readonly (readonly string[])[], weight = 1): void {
    const counts = new Map<string, number>();
    const lengths = fields.map((terms, field) => this.#count(terms, field, counts));
    const entry: Entry<D> = { document, lengths, weight, terms: [] };
    for (const [text, packed] of counts) {
      const term = this.#terms.fetch(text, () => ({ text, counts: new Map(), having: this.#boosts.map(() => 0) }));
      term.counts.set(entry, packed);
      entry.terms.push(term);
      this.#weigh(term, packed, weight);
    }
    this.#total(entry, weight);
    this.#entries.set(document, entry);
  }

  remove(document: D): void {
    const entry = this.#entries.get(document);
    if (!entry) return;
    this.#entries.delete(document);
    this.#total(entry, -entry.weight);
    for (const term of entry.terms) {
      this.#weigh(term, term.counts.get(entry) ?? 0, -entry.weight);
      term.counts.delete(entry);
      if (term.counts.size === 0) this.#terms.delete(term.text);
    }
  }

  /** Calls `take` with each document that has a term or a similar one, and with its score: once for each of these terms. */
  async search(asked: AskedTerm, take: (document: D, score: number) => void, turns: Turns): Promise<void> {
    for (const [term, share] of this.#like(asked)) {
      const rarity = term.having.map((n, field) => asked.weight * share * (this.#boosts[field] ?? 0) * this.#rarity(n));
      for (const [entry, packed] of term.counts) {
        if (turns.dueAtStep) await turns.next();
        take(entry.document, this.#score(entry, packed, rarity));
      }
    }
  }

  /** A term of a question as the index has it, and similar ones, with the share of its weight that each has. */
  *#like({ term, isLoose }: AskedTerm): Generator<readonly [Term<D>, number]> {
    const same = this.#terms.get(term);
    if (same) yield [same, 1];
    if (!isLoose || term.length < PREFIX.length) return;
    for (const [{ length }, longer] of this.#terms.atPrefix(term))
      if (longer !== same) yield [longer, (PREFIX.weight * length) / (length + PREFIX.loss * (length - term.length))];
    if (term.length < FUZZY.length) return;
    const most = Math.min(FUZZY.most, Math.round(term.length * FUZZY.share));
    for (const [text, [similar, distance]] of this.#terms.fuzzyGet(term, most))
      if (!text.startsWith(term)) yield [similar, (FUZZY.weight * text.length) / (text.length + distance)];
  }

  #score({ lengths }: Entry<D>, packed: number, rarity: readonly number[]): number {
    let score = 0;
    for (let field = 0; field < rarity.length; field += 1) {
      const count = (packed >> (field * BITS)) & MOST_COUNTED;
      if (count === 0) continue;
      const average = (this.#lengths[field] ?? 0) / this.#weight;
      const length = (lengths[field] ?? 0) / average;
      score += ((rarity[field] ?? 0) * count * (BM25.k + 1)) / (count + BM25.k * (1 - BM25.b + BM25.b * length));
    }
    return score;
  }

  #rarity(having: number): number {
    return rarity(having, this.#weight);
  }

  /** Counts the terms of a field. @returns the number of different ones */
  #count(terms: readonly string[], field: number, counts: Map<string, number>): number {
    const shift = field * BITS;
    let different = 0;
    for (const term of terms) {
      const packed = counts.get(term) ?? 0;
      const count = (packed >> shift) & MOST_COUNTED;
      if (count === 0) different += 1;
      if (count < MOST_COUNTED) counts.set(term, packed + (1 << shift));
    }
    return different;
  }

  #weigh({ having }: Term<D>, packed: number, weight: number): void {
    for (let field = 0; field < having.length; field += 1)
      if ((packed >> (field * BITS)) & MOST_COUNTED) having[field] = (having[field] ?? 0) + weight;
  }

  #total({ lengths }: Entry<D>, weight: number): void {
    this.#weight += weight;
    for (const [field, length] of lengths.entries())
      this.#lengths[field] = (this.#lengths[field] ?? 0) + length * weight;
  }
}

/** How much a term says that `having` of `all` documents have: the formula of BM25. */
export function rarity(having: number, all: number): number {
  return Math.log(1 + (all - having + 0.5) / (having + 0.5));
}
