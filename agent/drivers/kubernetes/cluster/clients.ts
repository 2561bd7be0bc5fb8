import { createHash } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { type ClusterConnection, ClusterConnectionSchema } from '@roundhouse/proto/agent/v1/kubernetes';
import { AgentFailure } from '../../../failure.js';
import type { Meter } from '../../../meter.js';
import { ChunkedResponses } from '../../net/chunked-responses.js';
import { Client } from './client.js';
import { loadLibrary, readConnection } from './config.js';
import { connectionInvalid } from './failure.js';
import { type ClusterPolicy, checkAddresses } from './policy.js';

interface Entry {
  readonly clusterId: string;
  readonly revision: bigint;
  readonly client: Promise<Client>;
  users: number;
  /** A newer connection has replaced it: it ends with its last user. */
  superseded: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Milliseconds. */
export interface ClientTimes {
  /** A client is closed after this time without a command. Default 300,000. */
  readonly idleMs?: number;
  /** The agent's own files about a cluster are read again after this time. Default 60,000. */
  readonly ownMs?: number;
}

const defaultTimeoutMs = 30_000;

/** The clients of recently used clusters. */
export class Clients {
  readonly #entries = new Map<string, Entry>();
  readonly #chatty = new ChunkedResponses();
  readonly #policy: () => Pick<ClusterPolicy, 'address'>;
  readonly #meter: Meter | undefined;
  /** When the last command for each cluster came, by the monotonic clock. */
  readonly #asked = new Map<string, number>();
  readonly #idleMs: number;
  readonly #ownMs: number;
  #closed = false;

  /** @param policy the site's present policy @param meter counts the commands of each cluster */
  constructor(
    policy: () => Pick<ClusterPolicy, 'address'>,
    { idleMs = 300_000, ownMs = 60_000 }: ClientTimes = {},
    meter?: Meter,
  ) {
    this.#policy = policy;
    this.#meter = meter;
    this.#idleMs = idleMs;
    this.#ownMs = ownMs;
    // The hub sends no list of clusters, but it checks each of them far more often than this.
    meter?.read(() => meter.keep('cluster', this.#recentClusters()));
  }

  /** How many clients are kept. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Works with the client of a connection. The client stays open during the work, and some time after it.
   * @throws AgentFailure `connection_invalid`, `no_connection`, `policy`, and the failures of the work.
   */
  async use<T>(connection: ClusterConnection | undefined, work: (client: Client) => Promise<T>): Promise<T> {
    if (connection === undefined) throw connectionInvalid('cluster', 'the command names no cluster');
    if (this.#closed) throw new AgentFailure('cancelled', 'the agent is stopping');
    this.#asked.set(connection.clusterId, performance.now());
    const key = createHash('sha256').update(toBinary(ClusterConnectionSchema, connection)).digest('base64');
    const entry = this.#entries.get(key) ?? this.#open(key, connection);
    clearTimeout(entry.timer);
    entry.users++;
    try {
      const client = await entry.client;
      checkAddresses(this.#policy(), client.fromHub);
      const answer = await work(client);
      this.#meter?.add('clusterRequests', [connection.clusterId, 'answered']);
      return answer;
    } catch (error) {
      this.#meter?.add('clusterRequests', [connection.clusterId, 'failed']);
      throw error;
    } finally {
      entry.users--;
      if (entry.users === 0) this.#left(key, entry);
    }
  }

  /** Closes all clients. Running requests fail. */
  async close(): Promise<void> {
    this.#closed = true;
    const entries = [...this.#entries];
    await Promise.all(entries.map(([key, entry]) => this.#close(key, entry)));
  }

  /** The clusters with a command within the time after which a client is closed. */
  #recentClusters(): ReadonlySet<string> {
    const since = performance.now() - this.#idleMs;
    for (const [id, at] of this.#asked) if (at < since) this.#asked.delete(id);
    return new Set(this.#asked.keys());
  }

  #open(key: string, connection: ClusterConnection): Entry {
    const { clusterId, revision, source, timeoutMs } = connection;
    for (const [other, entry] of this.#entries) {
      if (entry.clusterId !== clusterId || entry.revision > revision) continue;
      entry.superseded = true;
      if (entry.users === 0) void this.#close(other, entry);
    }
    const client = loadLibrary().then(async (library) => {
      const config = await readConnection(library, connection);
      return new Client(library, config, timeoutMs || defaultTimeoutMs, this.#chatty);
    });
    const entry: Entry = { clusterId, revision, client, users: 0, superseded: false, timer: undefined };
    this.#entries.set(key, entry);
    const drop = (): void => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    // A connection whose credentials cannot be read is read again at the next use.
    client.catch(drop);
    if (source.case === 'agent') setTimeout(() => this.#renew(key, entry), this.#ownMs).unref();
    return entry;
  }

  #renew(key: string, entry: Entry): void {
    if (this.#entries.get(key) !== entry) return;
    entry.superseded = true;
    this.#entries.delete(key);
    if (entry.users === 0) void this.#close(key, entry);
  }

  #left(key: string, entry: Entry): void {
    if (entry.superseded) void this.#close(key, entry);
    else entry.timer = setTimeout(() => void this.#close(key, entry), this.#idleMs).unref();
  }

  async #close(key: string, entry: Entry): Promise<void> {
    clearTimeout(entry.timer);
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    await entry.client.then(
      (client) => client.close(),
      () => {},
    );
  }
}
