import { hostname } from 'node:os';
import type { Logger } from '@roundhouse/proto/log';
import { describedApis } from './apis.js';
import { shareAuthority, sharedAuthority } from './cluster/notes.js';
import { openPostgres } from './cluster/postgres.js';
import { Seat } from './cluster/seat.js';
import type { Config } from './config.js';
import type { SecretScope } from './domain/audit/known-secrets.js';
import { authorityPair, keepAuthority } from './fleet/listen/ca.js';
import { version } from './host/package.js';
import { startStandby } from './host/standby.js';
import type { HubStore } from './store/hub-store.js';
import { migrations, schemaVersion } from './store/migrations.js';
import { openReplica } from './store/open.js';

/**
 * How long a change waits for the database, milliseconds. After that callers get an error, and the hub keeps recorded changes on its own
 * disk.
 */
const PATIENCE_MS = 1000;

/** The membership of the active hub of a cluster. */
export interface Membership {
  readonly store: HubStore;
  /** Closes the store, and lets another hub become active. */
  close(): Promise<void>;
}

export interface MembershipOptions {
  /** The URL of the database. */
  readonly database: string;
  readonly onSecret: (plain: string, scope?: SecretScope) => void;
  /** Another hub is active now, or the store is damaged: this process has to end. */
  readonly onLost: (reason: Error) => void;
  /** Ends the wait until this hub is the active one. */
  readonly signal: AbortSignal;
}

/**
 * Joins the hubs that share a database, and waits until this hub is the active one. Meanwhile its HTTP port refuses requests and names the active
 * hub, and its port for agents is closed.
 * @throws DomainError `conflict` if this hub cannot be a member, `invalid_input` for a malformed URL, `unavailable` if the database is away
 */
export async function becomeActive(config: Config, log: Logger, options: MembershipOptions): Promise<Membership> {
  const { data: dir, sealingKeyFile } = config;
  const { database, onSecret, onLost, signal } = options;
  const store = await openReplica({ dir, sealingKeyFile, log, onSecret });
  const closers: (() => Promise<void>)[] = [() => store.close()];
  const close = async () => {
    for (const each of closers) await each();
  };
  try {
    const engine = await openPostgres(database, {
      patienceMs: PATIENCE_MS,
      onNoStandby: () => log.warn({ event: 'cluster.no_standby' }, 'a failover of the database can lose changes'),
    });
    closers.push(() => engine.close());
    const hub = { id: store.hubId, address: ownAddress(config), version };
    const seat = await Seat.join({ engine, store, hub, knownSchema: schemaVersion(migrations), log, onLost });
    closers.splice(1, 0, () => seat.close());
    const stopStandby = await startStandby({
      listen: config.listen,
      tls: config.tlsCert && config.tlsKey ? { cert: config.tlsCert, key: config.tlsKey } : undefined,
      apis: describedApis(),
      version,
      active: () => seat.activeAddress,
    });
    try {
      await seat.active(signal);
    } finally {
      await stopStandby();
    }
    const shared = await sharedAuthority(store);
    if (shared) await keepAuthority(dir, shared);
    else await shareAuthority(store, await authorityPair(dir));
    return { store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The address of this hub for people and for the other hubs. */
function ownAddress({ listen, tlsCert }: Config): string {
  const host = ['0.0.0.0', '::'].includes(listen.host) ? hostname() : listen.host;
  return `${tlsCert ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${listen.port}`;
}
