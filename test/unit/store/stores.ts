import type { Test } from 'tap';
import type { Collection } from '../../../hub/domain/store.js';
import type { HubStore } from '../../../hub/store/hub-store.js';
import { openStore, type StoreOptions } from '../../../hub/store/open.js';
import { tempFolder } from '../../temp-folder.js';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** A log that keeps its lines. */
export function keptLog() {
  const lines: LogLine[] = [];
  const write = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, info: write('info'), warn: write('warn'), error: write('error') };
}

export type KeptLog = ReturnType<typeof keptLog>;

/** An open store in a folder of the test, closed at its end. */
export async function openTestStore(
  t: Test,
  options: Partial<StoreOptions> = {},
): Promise<{ store: HubStore; dir: string; log: KeptLog }> {
  const dir = options.dir ?? tempFolder(t);
  const log = keptLog();
  const store = await openStore({ dir, log, ...options });
  t.teardown(() => store.close());
  return { store, dir, log };
}

export interface Thing {
  readonly id: string;
  readonly name: string;
  readonly revision?: number;
  readonly group?: string;
  readonly time?: number;
  readonly hot?: boolean;
  readonly tags?: readonly string[];
}

/** A collection for tests: it takes the writes of every class. */
export function testCollection<T extends { readonly id: string }>(
  name: string,
  noun: string,
  indexes: Collection<T>['indexes'] = {},
): Collection<T, never> {
  return { name, class: 'registry' as never, noun, indexes };
}

/** Records with an index of every shape. */
export const things = testCollection<Thing>('things', 'thing', {
  name: { of: (thing) => thing.name.toLowerCase(), unique: true },
  group: { of: (thing) => thing.group },
  time: { of: (thing) => thing.time },
  hot: { of: (thing) => thing.hot },
  groupTime: {
    of: (thing) => (thing.group === undefined || thing.time === undefined ? undefined : [thing.group, thing.time]),
  },
  tag: { of: (thing) => thing.tags?.map((tag) => [tag]) },
  place: {
    of: (thing) => (thing.group === undefined || thing.time === undefined ? undefined : [thing.group, thing.time]),
    unique: true,
    field: 'group and time',
  },
});

/** Records without any index. */
export const plain = testCollection<{ readonly id: string; readonly n: number }>('plain', 'plain thing');

export function ids(records: Iterable<{ readonly id: string }>): string[] {
  return Array.from(records, ({ id }) => id);
}
