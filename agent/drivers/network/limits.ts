/** The resources that an agent's devices may take; times in milliseconds. */
export interface NetworkLimits {
  /** Connections at once. */
  readonly connections: number;
  /** Commands, reads and changes that wait for one device. */
  readonly queue: number;
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  /** After a failure that only a person can mend: trying again might lock the account. */
  readonly hopelessMs: number;
  /** How long a change whose confirmation failed is taken back at once; after that it is when the device can be reached. */
  readonly takeBackMs: number;
}

export const defaultLimits: NetworkLimits = {
  connections: 1000,
  queue: 100,
  backoffFirstMs: 1_000,
  backoffMaxMs: 60_000,
  hopelessMs: 600_000,
  takeBackMs: 30_000,
};
