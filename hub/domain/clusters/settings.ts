/** How clusters are waited for. */
export interface ClusterSettings {
  /** How long the answer to a registration waits for the cluster's first sign of life, milliseconds. */
  readonly firstLookMs: number;
}

export const defaultClusterSettings: ClusterSettings = { firstLookMs: 8_000 };
