import MiniSearch from 'minisearch';
import t from 'tap';
import { Turns } from '../../../hub/domain/event-loop.js';
import { TermIndex } from '../../../hub/domain/mcp/search/term-index.js';

const boosts = { name: 3, text: 0.5 };
const split = (text: string) => text.split(' ').filter(Boolean);

interface Document {
  readonly id: number;
  readonly name: string;
  readonly text: string;
}

const words = 'invoice invoices invoicing order orders border mail email mailbox user users report reports'.split(' ');

/** The documents of a round: always the same ones. */
function documentsOf(round: number): Document[] {
  const some = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => words[(from * 7 + i * i * 3 + round) % words.length]).join(' ');
  return Array.from({ length: 40 }, (_, id) => ({ id, name: some(id, id % 4), text: some(id + 5, 2 + (id % 11)) }));
}

async function scoresOf(index: TermIndex<Document>, term: string, isLoose: boolean): Promise<Map<number, number>> {
  const scores = new Map<number, number>();
  const take = ({ id }: Document, score: number) => scores.set(id, (scores.get(id) ?? 0) + score);
  await index.search({ term, weight: 1, isLoose }, take, new Turns());
  return scores;
}

const add = (index: TermIndex<Document>, document: Document) =>
  index.add(document, [split(document.name), split(document.text)]);

t.test('documents have the scores that the library MiniSearch gives them, also after changes', async (t) => {
  const index = new TermIndex<Document>([boosts.name, boosts.text]);
  const [first, second] = [documentsOf(0), documentsOf(1)];
  for (const document of first) add(index, document);
  for (const document of first.slice(10)) index.remove(document);
  for (const document of second.slice(10)) add(index, document);
  const library = new MiniSearch<Document>({
    fields: Object.keys(boosts),
    tokenize: split,
    processTerm: (term) => term,
  });
  library.addAll([...first.slice(0, 10), ...second.slice(10)]);
  for (const isLoose of [false, true])
    for (const term of [...words, 'invoic', 'oder', 'maill', 'nothing', '']) {
      const expected = library.search(term, {
        boost: boosts,
        bm25: { k: 2, b: 0.9, d: 0 },
        weights: { prefix: 0.3, fuzzy: 0.2 },
        prefix: isLoose && term.length >= 4,
        fuzzy: isLoose && term.length >= 5 ? 0.2 : false,
      });
      const scores = await scoresOf(index, term, isLoose);
      t.equal(scores.size, expected.length, `'${term}'`);
      for (const { id, score } of expected)
        t.ok(Math.abs((scores.get(id) ?? 0) - score) < 1e-9, `'${term}' in ${id}: ${scores.get(id)}, ${score}`);
    }
});

t.test('a document of a weight counts as so many documents', async (t) => {
  const [one, many] = [new TermIndex<Document>([1, 1]), new TermIndex<Document>([1, 1])];
  const [first, second] = documentsOf(0).slice(5);
  if (!first || !second) throw new Error('no documents');
  one.add(first, [split(first.name), split(first.text)], 3);
  one.add(second, [split(second.name), split(second.text)]);
  for (const document of [first, { ...first }, { ...first }, second]) add(many, document);
  for (const term of words) {
    const scores = await scoresOf(one, term, true);
    for (const [id, score] of await scoresOf(many, term, true))
      t.ok(Math.abs((scores.get(id) ?? 0) - (id === first.id ? score / 3 : score)) < 1e-9, `'${term}' in ${id}`);
  }
});

t.test('removed documents leave no words', async (t) => {
  const index = new TermIndex<Document>([1, 1]);
  const documents = documentsOf(3);
  for (const document of documents) add(index, document);
  t.ok(index.termCount > 0);
  for (const document of documents) index.remove(document);
  index.remove({ id: 1, name: 'order', text: '' });
  t.same([index.size, index.termCount], [0, 0]);
});
