import { authorize } from '../access/authorize.js';
import type { Caller, RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import type { Dependants } from '../dependants.js';
import { DomainError } from '../errors.js';
import { apiKeys, users } from '../people/record.js';
import { retrying } from '../retrying.js';
import { collection, remove, replace, type Store, type Write } from '../store.js';
import { configUpdated } from './enablements.js';
import type { EnablementConfig, EnablementRecord } from './entry.js';
import type { PortalServer, PortalServers } from './portal-servers.js';
import type { CatalogWork } from './work.js';

export const themes = ['light', 'dark', 'system'] as const;

/** A user's settings of the portal. */
export interface Preferences {
  readonly theme: (typeof themes)[number];
  readonly notifications: boolean;
}

export interface PreferencesRecord extends Preferences {
  /** The id of the user, or of a key without a user. */
  readonly id: string;
  /** Counts the changes. Older records have none, which stands for 0. */
  readonly revision?: number;
}

export const preferences = collection<PreferencesRecord>('preferences', 'preferences');

export const defaultPreferences: Preferences = { theme: 'system', notifications: true };

/** The writes that remove an owner's preferences. */
function preferencesOf(store: Pick<Store, 'get'>, ownerId: string): Write[] {
  return store.get(preferences, ownerId) ? [remove(preferences, ownerId, 'any')] : [];
}

/** One server of a user's configuration. */
export interface ConfiguredServer {
  readonly server: PortalServer;
  readonly enabled: boolean;
  readonly config: Pick<EnablementRecord, 'autoStart' | 'restartPolicy'>;
}

/** One server of a configuration that was exported. */
export interface ImportedServer {
  readonly name: string;
  readonly enabled: boolean;
  readonly config: EnablementConfig;
}

/** The outcome of an import. */
export interface ImportOutcome {
  readonly imported: number;
  /** Servers that needed no change. */
  readonly skipped: number;
  readonly errors: readonly { readonly name: string; readonly error: string }[];
  /** The jobs that start and stop the imported servers. */
  readonly jobIds: readonly string[];
}

export interface ConfigurationParts {
  readonly store: Store;
  readonly dependants: Dependants;
  readonly servers: PortalServers;
  readonly work: CatalogWork;
}

/** A user's configuration: servers of the catalog, and preferences. */
export class Configuration {
  readonly #parts: ConfigurationParts;

  constructor(parts: ConfigurationParts) {
    this.#parts = parts;
    const { store, dependants } = parts;
    for (const owners of [users, apiKeys]) dependants.register(owners, (id) => preferencesOf(store, id));
  }

  preferences(caller: Caller): Preferences {
    const { theme, notifications } = this.#parts.store.get(preferences, ownerOf(caller)) ?? defaultPreferences;
    return { theme, notifications };
  }

  /** Absent fields stay. */
  async setPreferences(origin: RequestOrigin, caller: Caller, changes: Partial<Preferences>): Promise<void> {
    const id = ownerOf(caller);
    const { store } = this.#parts;
    const audit = changeAudit(origin, 'config.update', { type: 'config', id }, { changed: Object.keys(changes) });
    const events = [configUpdated(id, ['preferences'])];
    await retrying(store, Number.POSITIVE_INFINITY, async () => {
      const before = store.get(preferences, id);
      const record = replace(preferences, before, { ...(before ?? defaultPreferences), ...changes, id });
      await store.apply({ by: origin.caller, writes: [record, audit], events });
    });
  }

  /** The servers of the catalog that the caller has enabled, now or before, by name. */
  servers(caller: Caller): ConfiguredServer[] {
    const { servers } = this.#parts;
    return servers
      .enabledBy(ownerOf(caller))
      .flatMap((one) => {
        const server = found(() => servers.get(caller, one.entryId));
        return server ? [{ server, enabled: server.enabled, config: server.config }] : [];
      })
      .sort((a, b) => a.server.name.localeCompare(b.server.name));
  }

  /** Brings the caller's servers to the state in an export. A server that is not available does not affect the others. */
  async import(origin: RequestOrigin, caller: Caller, wanted: readonly ImportedServer[]): Promise<ImportOutcome> {
    authorize(caller, 'catalog.enable');
    const errors: { name: string; error: string }[] = [];
    const jobIds: string[] = [];
    let skipped = 0;
    for (const { name, enabled, config } of wanted) {
      try {
        const item = this.#parts.servers.get(caller, name);
        if (matches(item, enabled, config)) skipped += 1;
        else {
          const operation = enabled ? 'enable' : 'disable';
          const job = await this.#parts.work.submit(origin, operation, item.id, enabled ? config : {});
          jobIds.push(job.id);
        }
      } catch (error) {
        if (!(error instanceof DomainError) || error.code === 'internal') throw error;
        errors.push({ name, error: error.message });
      }
    }
    const id = ownerOf(caller);
    const counts = { imported: jobIds.length, skipped, errors: errors.length };
    const audit = changeAudit(origin, 'config.import', { type: 'config', id }, counts);
    await this.#parts.store.apply({ by: null, writes: [audit] });
    return { imported: jobIds.length, skipped, errors, jobIds };
  }
}

function matches(item: PortalServer, enabled: boolean, config: ImportedServer['config']): boolean {
  if (item.enabled !== enabled) return false;
  if (!enabled) return true;
  const { autoStart = item.config.autoStart, restartPolicy = item.config.restartPolicy, env = {} } = config;
  // Values are never compared: the answer would reveal whether a guessed value is right.
  if (Object.keys(env).length > 0) return false;
  return autoStart === item.config.autoStart && restartPolicy === item.config.restartPolicy;
}

function found<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof DomainError && error.code === 'not_found') return undefined;
    throw error;
  }
}
