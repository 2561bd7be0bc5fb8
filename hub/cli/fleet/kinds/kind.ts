import type { CallOptions, connect, Roundhouse } from '@roundhouse/sdk';
import { isHubError } from '../../frame/failures.js';
import { all } from '../../frame/values.js';
import { keyOf } from '../document.js';
import type { Section } from '../format.js';

/** The fields of a record that can be compared: those of its entry in a file, without values that the hub never shows. */
export type State = Readonly<Record<string, unknown>>;

/** A record of the hub. */
export interface Found {
  readonly name: string;
  readonly id: string;
  readonly state: State;
  /** Why the hub can neither change nor delete the record; absent: it can. */
  readonly kept?: string;
  /** Why the state is not known; absent: it is known. */
  readonly unknown?: string;
}

/** Why a record that ships with the hub cannot be changed. */
export const SHIPPED = 'it ships with the hub';

/** Why servers with the same name are not changed: a hub of an earlier version does not mark personal servers. */
export const AMBIGUOUS = 'the hub has several of this name, and does not show which of them is shared';

/** The body of a change. */
export interface Update {
  /** The fields of the state that differ. */
  readonly fields: ReadonlySet<string>;
  /** Whether the entry holds the values of its secrets; if not, they stay as they are. */
  readonly hasSecrets: boolean;
}

/** A kind of records: how the hub lists, shows, makes, changes and deletes them. `E` is their form in a file. */
export interface KindOf<E> {
  readonly section: Section;
  readonly noun: string;
  /** Whether its records have no secrets. */
  readonly isPlain?: boolean;
  /** Whether the hub has a fixed set of its records: none is made or deleted. */
  readonly isFixed?: boolean;
  /** How its records can be changed, as a sentence; absent: by the hub. */
  readonly elsewhere?: string;
  /** Fields that can be set only when a record is made. */
  readonly fixed?: readonly string[];
  read(access: Access): Promise<Found[]>;
  /** The present state of a record; `undefined`: it is gone. */
  look(access: Access, found: Found): Promise<Found | undefined>;
  stateOf(entry: E, access: Access): State;
  /** A mistake in an entry that its schema cannot find. */
  mistakeIn?(entry: E): string | undefined;
  /** Whether a change of these fields sends the secrets of the record, too. */
  needsSecrets(fields: readonly string[], entry: E): boolean;
  create(access: Access, name: string, entry: E): Promise<unknown>;
  update(access: Access, found: Found, entry: E, update: Update): Promise<unknown>;
  remove(access: Access, found: Found): Promise<unknown>;
  /** The work after all records of the kind are made and changed. Returns failures as sentences. */
  finish?(access: Access): Promise<string[]>;
  /** A state in the form of the files. Marks take the place of secrets. */
  entryOf(state: State, name: string): Readonly<Record<string, unknown>>;
  /** The values of the record that an export cannot know, as a sentence. */
  unknownOf?(state: State): string | undefined;
}

/** A kind with any form of entries: the schema of its section has checked them. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Kind = KindOf<any>;

/** The calls of one command to a hub. */
export class Access {
  /** A client that repeats calls if the hub asks for that: a large fleet reaches the rate limits. */
  readonly options: CallOptions;
  /** The servers to connect, and the servers to disconnect: their names by their ids. */
  readonly toConnect = new Map<string, string>();
  readonly toDisconnect = new Map<string, string>();
  #groups: readonly connect.Group[] = [];

  constructor(
    readonly hub: Roundhouse,
    readonly signal: AbortSignal,
  ) {
    this.options = { signal, retries: 10, timeoutMs: 600_000 };
  }

  async listGroups(): Promise<readonly connect.Group[]> {
    this.#groups = await this.hub.connect.groups.list(this.options);
    return this.#groups;
  }

  /** A group of the last list. */
  group(name: string): connect.Group | undefined {
    return this.#groups.find((group) => keyOf(group.name) === keyOf(name));
  }

  /** The same by id. */
  groupName(id: string | null): string | null {
    return this.#groups.find((group) => group.id === id)?.name ?? null;
  }
}

/** The answer of a call; `undefined` if the thing does not exist. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isHubError(error) && error.status === 404) return undefined;
    throw error;
  }
}

/** Records by name, in lower case. */
export function byName(records: readonly Found[]): Map<string, Found[]> {
  const named = new Map<string, Found[]>();
  for (const found of records) named.set(keyOf(found.name), [...(named.get(keyOf(found.name)) ?? []), found]);
  return named;
}

/** How many calls run at a time. */
const AT_ONCE = 8;

/** The things of a list, each as it is shown by itself. Those that are gone meanwhile are left out. */
export async function inDetail<L, D>(list: AsyncIterable<L>, get: (listed: L) => Promise<D>): Promise<D[]> {
  const listed = await all(list);
  const found: (D | undefined)[] = [];
  for (let at = 0; at < listed.length; at += AT_ONCE)
    found.push(...(await Promise.all(listed.slice(at, at + AT_ONCE).map((one) => ifThere(get(one))))));
  return found.filter((one) => one !== undefined);
}
