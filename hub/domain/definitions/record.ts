import { newId } from '../ids.js';
import type { Secrets } from '../servers/transport.js';
import { collection, type Store } from '../store.js';
import { type DefinitionType, type KeptConfig, NO_SECRETS } from './config.js';

/** A named description from which MCP servers are registered, or that is a workflow (`seeds/004`, "MCP Definitions"). */
export interface DefinitionRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly type: DefinitionType;
  /** Number and id of its latest version. */
  readonly latest: { readonly number: number; readonly id: string };
  /** Grows by one with every change. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One version of a definition: it never changes. */
export interface DefinitionVersion {
  readonly id: string;
  readonly definitionId: string;
  /** From 1 on. */
  readonly number: number;
  readonly config: KeptConfig;
  /** JSON of the config's secrets, sealed; `null` for none. */
  readonly sealedSecrets: string | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export const definitionRecords = collection<DefinitionRecord>('definitions', 'MCP definition', {
  name: { of: (definition) => definition.name.toLowerCase(), unique: true },
  type: { of: (definition) => definition.type },
});

export const definitionVersions = collection<DefinitionVersion>(
  'definition_versions',
  'version of a definition',
  {
    definition: { of: (version) => [version.definitionId, version.number] },
  },
  { sealed: ({ sealedSecrets }) => (sealedSecrets === null ? undefined : { text: sealedSecrets }) },
);

/** Versions kept of one definition. Older versions go, unless a server was registered from them. */
const MOST_VERSIONS = 100;

/** All versions of a definition that are kept, newest first. */
export function versionsOf(store: Pick<Store, 'list'>, definitionId: string): DefinitionVersion[] {
  return [...store.list(definitionVersions, { index: 'definition', equals: [definitionId], reverse: true })];
}

/** The latest version of a definition. @throws Error if the store has lost it. */
export function latestOf(store: Pick<Store, 'get'>, { id, latest }: DefinitionRecord): DefinitionVersion {
  const version = store.get(definitionVersions, latest.id);
  if (!version) throw new Error(`the latest version of definition '${id}' is missing`);
  return version;
}

/** The versions to remove when another is added. @param versions newest first */
export function surplus(versions: readonly DefinitionVersion[], inUse: ReadonlySet<string>): DefinitionVersion[] {
  return versions.slice(MOST_VERSIONS - 1).filter(({ id }) => !inUse.has(id));
}

/** A new version, its secrets sealed. */
export async function sealVersion(
  store: Pick<Store, 'seal'>,
  version: Omit<DefinitionVersion, 'id' | 'sealedSecrets'>,
  secrets: Secrets,
): Promise<DefinitionVersion> {
  const empty = Object.keys(secrets.values).length === 0 && secrets.authSecret === null;
  return { id: newId(), ...version, sealedSecrets: empty ? null : await store.seal(JSON.stringify(secrets)) };
}

/** A version's secrets, unsealed. */
export async function secretsOf(
  store: Pick<Store, 'unseal'>,
  { sealedSecrets }: Pick<DefinitionVersion, 'sealedSecrets'>,
): Promise<Secrets> {
  return sealedSecrets === null ? NO_SECRETS : (JSON.parse(await store.unseal(sealedSecrets)) as Secrets);
}

export function sameSecrets(a: Secrets, b: Secrets): boolean {
  const names = Object.keys(a.values);
  return (
    a.authSecret === b.authSecret &&
    names.length === Object.keys(b.values).length &&
    names.every((name) => a.values[name] === b.values[name])
  );
}
