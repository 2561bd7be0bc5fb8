/** Bounds on what clients have; times in milliseconds. */
export interface ClientSettings {
  /** Changes of so long a time are told together. */
  readonly tellMs: number;
  /** A private instance that its client did not use for so long ends, though the client is connected. */
  readonly idleMs: number;
  /** The instances of a client of which nothing is connected end after so long: as long as its session may last. */
  readonly awayMs: number;
  /** Subscriptions of one client at all servers. */
  readonly mostSubscriptions: number;
}

export const defaultClientSettings: ClientSettings = {
  tellMs: 250,
  idleMs: 24 * 3_600_000,
  awayMs: 30 * 60_000,
  mostSubscriptions: 1000,
};
