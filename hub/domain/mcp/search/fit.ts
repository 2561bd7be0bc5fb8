import type { Turns } from '../../event-loop.js';
import type { AskedTerm, TermIndex } from './term-index.js';

/** How well the texts of a tool or a server fit a question. */
export interface Fit {
  readonly score: number;
  /** The terms of the question that they have: a bit for each, so that the sets of millions of pairs take no memory. */
  readonly terms: number;
}

/** The most terms of a question. */
export const MOST_TERMS = 48;

/** Numbers of half as many bits have bitwise operations. */
const HALF = 2 ** (MOST_TERMS / 2);

/** The terms of either of two sets. */
export function union(a: number, b: number): number {
  if (a === b || b === 0) return a;
  return (Math.floor(a / HALF) | Math.floor(b / HALF)) * HALF + ((a | b) & (HALF - 1));
}

/** Whether a set has the term at a place of the question. */
export function hasTerm(terms: number, place: number): boolean {
  return Math.floor(terms / 2 ** place) % 2 === 1;
}

/** The documents of an index that have terms of a question, or similar ones. */
export async function fitsOf<D>(index: TermIndex<D>, terms: readonly AskedTerm[], turns: Turns): Promise<Map<D, Fit>> {
  const fits = new Map<D, { score: number; terms: number }>();
  for (const [place, term] of terms.entries()) {
    const bit = 2 ** place;
    const take = (document: D, score: number) => {
      const fit = fits.get(document);
      if (!fit) {
        fits.set(document, { score, terms: bit });
        return;
      }
      fit.score += score;
      // The bits of later terms are not there yet.
      if (fit.terms < bit) fit.terms += bit;
    };
    await index.search(term, take, turns);
  }
  return fits;
}
