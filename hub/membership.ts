import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@roundhouse/proto/log';
import { describedApis } from './apis.js';
import type { Engine, MemberView } from './cluster/engine.js';
import { sharedAuthority } from './cluster/notes.js';
import { openPostgres, type PostgresOptions } from './cluster/postgres.js';
import { ACTIVE, Seat, takeRecords } from './cluster/seat.js';
import type { Config } from './config.js';
import type { SecretScope } from './domain/audit/known-secrets.js';
import { DomainError } from './domain/errors.js';
import { authorityPair, keepAuthority } from './fleet/listen/ca.js';
import { version } from './host/package.js';
import { startStandby } from './host/standby.js';
import { dataFile } from './store/environment.js';
import type { HubStore } from './store/hub-store.js';
import { migrations, schemaVersion } from './store/migrations.js';
import { openReplica } from './store/open.js';
import { SEALING_KEY_FILE } from './store/seal.js';

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
    const authority = () => authorityPair(dir);
    const seat = await Seat.join({
      engine,
      store,
      hub,
      authority,
      knownSchema: schemaVersion(migrations),
      log,
      onLost,
    });
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
    await keepSharedAuthority(store, dir);
    return { store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Keeps the authority that the agents of the cluster trust in place of this hub's own. */
async function keepSharedAuthority(store: HubStore, dir: string): Promise<void> {
  const shared = await sharedAuthority(store);
  if (!shared) throw new DomainError('internal', 'the database of the cluster has no certificate authority');
  await keepAuthority(dir, shared);
}

/** The address of this hub for people and for the other hubs. */
function ownAddress({ listen, tlsCert }: Config): string {
  const host = ['0.0.0.0', '::'].includes(listen.host) ? hostname() : listen.host;
  return `${tlsCert ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${listen.port}`;
}

/** What `roundhouse hubs status` shows. */
export interface HubsStatus {
  /** All hubs that have ever joined. `active`: the hub makes changes now. */
  readonly hubs: readonly (MemberView & { readonly active: boolean })[];
  /** Whether a standby of the database has each change before a hub acknowledges it. */
  readonly synchronousStandby: boolean;
}

/** @throws DomainError `invalid_input` for a malformed URL, `unavailable` if the database is away */
export async function hubsStatus(database: string): Promise<HubsStatus> {
  let synchronousStandby = true;
  const onNoStandby = () => {
    synchronousStandby = false;
  };
  return withEngine(database, { onNoStandby }, async (engine) => {
    const [hubs, holder] = await Promise.all([engine.members(), engine.holder(ACTIVE)]);
    return { hubs: hubs.map((hub) => ({ ...hub, active: hub.id === holder })), synchronousStandby };
  });
}

/** The data folder of a hub that does not run. `sealingKeyFile`: default: `sealing.key` in it. */
export interface HubFolder {
  readonly data: string;
  readonly sealingKeyFile?: string | undefined;
}

/**
 * Brings the records of a hub into a database without records.
 * @throws DomainError `conflict` if the database has records, the folder has none, or a hub uses one of them
 */
export async function bringHub(database: string, { data: dir, sealingKeyFile }: HubFolder): Promise<void> {
  if (!existsSync(dataFile(dir))) throw new DomainError('conflict', `${dir} is not the data folder of a hub`);
  await withEngine(database, {}, async (engine) => {
    const store = await openReplica({ dir, ...(sealingKeyFile && { sealingKeyFile }), log: quiet });
    try {
      const hub = { id: store.hubId, address: '', version };
      const authority = () => authorityPair(dir);
      const parts = { engine, store, hub, authority, knownSchema: schemaVersion(migrations), log: quiet };
      await (await Seat.join({ ...parts, onLost: () => {} })).bring();
    } finally {
      await store.close();
    }
  });
}

/**
 * Takes all records of the database into an empty folder, for a hub by itself. The database stays as it is.
 * @throws DomainError `conflict` if the folder has a store or no sealing key, or if the key is another one
 */
export async function exportHub(database: string, { data: dir, sealingKeyFile }: HubFolder): Promise<void> {
  const key = sealingKeyFile ?? join(dir, SEALING_KEY_FILE);
  if (existsSync(dataFile(dir)))
    throw new DomainError('conflict', `${dir} has a store already: choose an empty folder`);
  if (!existsSync(key)) throw new DomainError('conflict', `${key} is missing: copy the sealing key of the hubs there`);
  await withEngine(database, {}, async (engine) => {
    const store = await openReplica({ dir, sealingKeyFile: key, log: quiet });
    try {
      await takeRecords(engine, store, schemaVersion(migrations));
      await keepSharedAuthority(store, dir);
      await store.close();
    } catch (error) {
      await store.close();
      for (const file of [dataFile(dir), `${dataFile(dir)}-lock`]) await rm(file, { force: true });
      throw error;
    }
  });
}

const quiet = { info() {}, warn() {}, error() {} };

async function withEngine<T>(
  database: string,
  options: PostgresOptions,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await openPostgres(database, options);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
