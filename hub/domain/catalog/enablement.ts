import type { RestartPolicy } from '../servers/record.js';
import { collection } from '../store.js';

/** A user or key has enabled an entry of the catalog, and how. The server that it made belongs to this owner alone. */
export interface EnablementRecord {
  readonly id: string;
  /** A user, or a key without a user. */
  readonly ownerId: string;
  readonly entryId: string;
  readonly serverId: string;
  /** A disabled one keeps its configuration. */
  readonly enabled: boolean;
  /** The server starts as soon as it is enabled. */
  readonly autoStart: boolean;
  readonly restartPolicy: RestartPolicy;
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
  /** Values that it needs, sealed with its registration and never shown. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export const defaultConfig = { autoStart: true, restartPolicy: 'always' } as const;
