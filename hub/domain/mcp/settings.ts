/** Bounds on what clients have; times in milliseconds. */
export interface ClientSettings {
  /** Changes of so long a time are told together. */
  readonly tellMs: number;
  /** A private instance that nobody used for so long ends. */
  readonly idleMs: number;
  /** The instances of a client of which nothing is connected end after so long. */
  readonly awayMs: number;
  /** Subscriptions of one client at all servers. */
  readonly mostSubscriptions: number;
}

export const defaultClientSettings: ClientSettings = {
  tellMs: 250,
  idleMs: 30 * 60_000,
  awayMs: 60_000,
  mostSubscriptions: 1000,
};
