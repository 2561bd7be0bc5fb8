import type { RestartPolicy } from '../servers/record.js';
import { collection } from '../store.js';
import type { Template } from '../templates/catalog.js';

/** The source of a server of the catalog. */
type EntrySource =
  | { readonly type: 'image'; readonly image: string; readonly args?: readonly string[] }
  | { readonly type: 'package'; readonly template: Template };

/** A server that users may enable for themselves. */
export interface CatalogEntry {
  readonly id: string;
  /** Unique, without regard to case, among the shared entries, and among the entries of each owner. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly category: string;
  readonly tags: readonly string[];
  readonly type: 'predefined' | 'custom';
  readonly source: EntrySource;
  readonly author: string;
  /** The address of its documentation; empty for none. */
  readonly documentation: string;
  /** The owner; `null` for entries that ship with the hub. */
  readonly ownerId: string | null;
  /** Every user sees it; otherwise its owner, and callers who may change it. */
  readonly shared: boolean;
  /** It has no access to the site's machine: all users may enable it. Other entries need the permission to register commands. */
  readonly confined: boolean;
}

/** An image that a user added. */
export interface CustomEntryRecord {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly image: string;
  readonly category: string;
  readonly tags: readonly string[];
  readonly ownerId: string;
  readonly shared: boolean;
  /** The `credentialVersion` of the user who added it; absent for a key, and in records of earlier versions of the hub. */
  readonly credentialVersion?: number;
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const customEntries = collection<CustomEntryRecord>('catalog_entries', 'custom_server', {
  named: { of: (entry) => entry.name.toLowerCase() },
  // The entries of one person keep their names from other people: a name is unique among the shared entries, and among the entries of each owner.
  own_name: {
    of: ({ shared, ownerId, name }) => [shared ? '' : ownerId, name.toLowerCase()],
    unique: true,
    field: 'name',
  },
  owner: { of: (entry) => entry.ownerId },
});

export function entryOf(record: CustomEntryRecord): CatalogEntry {
  const { id, name, displayName, description, image, category, tags, ownerId, shared } = record;
  const shown = { id, name, displayName, description, category, tags, ownerId, shared };
  const source = { type: 'image', image } as const;
  return { ...shown, type: 'custom', source, author: '', documentation: '', confined: true };
}

/** The names of the variables that a user gave a server of an entry. The fixed variables of a package come with the entry. */
export function givenNames({ source }: Pick<CatalogEntry, 'source'>, names: readonly string[]): readonly string[] {
  return source.type === 'image' ? names : names.filter((name) => !Object.hasOwn(source.template.fixed, name));
}

/** An entry's source as one text: an image's name, or the kind of package and its name. */
export function sourceText({ source }: Pick<CatalogEntry, 'source'>): string {
  if (source.type === 'image') return source.image;
  const { npmPackage, pypiPackage } = source.template;
  return npmPackage === null ? `pypi:${pypiPackage}` : `npm:${npmPackage}`;
}

/** An entry of the catalog that a user or key has enabled, with its configuration. The server made from it belongs to this owner alone. */
export interface EnablementRecord {
  readonly id: string;
  /** A user, or a key without a user. */
  readonly ownerId: string;
  readonly entryId: string;
  readonly serverId: string;
  /** A disabled server keeps its configuration. */
  readonly enabled: boolean;
  /** The server starts as soon as it is enabled. */
  readonly autoStart: boolean;
  readonly restartPolicy: RestartPolicy;
  /** The `credentialVersion` of the user who made it; absent for a key, and in records of earlier versions of the hub. */
  readonly credentialVersion?: number;
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const enablements = collection<EnablementRecord>('enablements', 'enablement', {
  owner: { of: ({ ownerId, entryId }) => [ownerId, entryId], unique: true },
  entry: { of: ({ entryId }) => entryId },
  server: { of: ({ serverId }) => serverId, unique: true },
});

/** The choices of a caller who enables a server; absent fields stay, or are the default. */
export interface EnablementConfig {
  readonly autoStart?: boolean | undefined;
  readonly restartPolicy?: RestartPolicy | undefined;
  /** The values that the server needs, sealed with its registration and never shown. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export const defaultConfig = { autoStart: true, restartPolicy: 'always' } as const;
