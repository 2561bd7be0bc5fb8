import type { Matcher } from './selector.js';
import type { Family, Labels, Sample } from './series.js';

/**
 * The series that one of the selectors chooses, as Prometheus federates them: each name of a series is a family without type and help, in
 * the order of the names. Labels are in order, and each sample has its time. A series without the label `instance` has it empty, so that
 * a Prometheus with `honor_labels` adds none.
 * @param now of the samples without a time, milliseconds since 1970
 */
export function* chosen(
  families: readonly Family[],
  selectors: readonly (readonly Matcher[])[],
  now = Date.now(),
): Generator<Family> {
  const named = families
    .flatMap((family) => suffixesOf(family).map((suffix) => ({ family, suffix, name: family.name + suffix })))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { family, suffix, name } of named) {
    const rest = selectors
      // Without a condition a selector chooses nothing.
      .filter((matchers) => matchers.length > 0)
      .filter((matchers) => matchers.every(({ label, matches }) => label !== '__name__' || matches(name)))
      .map((matchers) => matchers.filter(({ label }) => label !== '__name__'));
    if (rest.length === 0) continue;
    yield { name, help: '', type: 'untyped', samples: () => samplesOf(family, suffix, rest, now) };
  }
}

function suffixesOf({ type }: Family): string[] {
  if (type === 'histogram') return ['_bucket', '_count', '_sum'];
  return type === 'summary' ? ['', '_count', '_sum'] : [''];
}

function* samplesOf(
  family: Family,
  suffix: string,
  selectors: readonly (readonly Matcher[])[],
  now: number,
): Generator<Sample | undefined> {
  for (const sample of family.samples()) {
    const isChosen =
      sample?.suffix === suffix &&
      selectors.some((matchers) => matchers.every(({ label, matches }) => matches(labelOf(sample.labels, label))));
    const { labels = [], value = 0, timeMs = now } = sample ?? {};
    yield isChosen ? { suffix: '', labels: federated(labels), value, timeMs } : undefined;
  }
}

function labelOf(labels: Labels, label: string): string {
  return labels.find(([name]) => name === label)?.[1] ?? '';
}

function federated(labels: Labels): Labels {
  const set = labels.filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1));
  return set.some(([name]) => name === 'instance') ? set : [...set, ['instance', '']];
}
