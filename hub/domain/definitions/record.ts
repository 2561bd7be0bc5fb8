import { collection } from '../store.js';
import type { DefinitionType, KeptConfig } from './config.js';

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
  /** JSON of the config's secrets, sealed; `null` where there are none. */
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
