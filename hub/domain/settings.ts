import type { RuleName } from './alerts/rule.js';
import { type AuditRetention, defaultRetention } from './audit/log.js';
import { type BreakerSettings, defaultBreakerSettings } from './breakers/breaker.js';
import { type CacheLimits, defaultCacheLimits } from './cache/response-cache.js';
import { type ClusterSettings, defaultClusterSettings } from './clusters/clusters.js';
import { defaultEventRetention, type EventRetention } from './events/retention.js';
import { defaultJobSettings, type JobSettings } from './jobs/kind.js';
import { type ClientSettings, defaultClientSettings } from './mcp/clients/clients.js';
import { defaultUpdateSettings, type UpdateSettings } from './updates/kinds.js';
import { type DeliverySettings, defaultDeliverySettings } from './webhooks/deliverer.js';

/** The domain's limits that an operator may set. */
export interface DomainSettings {
  /** The purpose of this hub, for people: `production`, `staging`. */
  readonly environment: string;
  /** Multiplies every rate limit. */
  readonly rateLimitScale: number;
  readonly cache: CacheLimits;
  readonly breaker: BreakerSettings;
  readonly audit: AuditRetention;
  readonly events: EventRetention;
  readonly deliveries: DeliverySettings;
  readonly jobs: JobSettings;
  readonly updates: UpdateSettings;
  readonly mcp: ClientSettings;
  readonly clusters: ClusterSettings;
  /** Registries from which standard users may take images for the catalog; empty for all. */
  readonly imageRegistries: readonly string[];
  /** Alert rules that are off until an operator turns them on. */
  readonly mutedRules: readonly RuleName[];
}

export const defaultSettings: DomainSettings = {
  environment: 'production',
  rateLimitScale: 1,
  cache: defaultCacheLimits,
  breaker: defaultBreakerSettings,
  audit: defaultRetention,
  events: defaultEventRetention,
  deliveries: defaultDeliverySettings,
  jobs: defaultJobSettings,
  updates: defaultUpdateSettings,
  mcp: defaultClientSettings,
  clusters: defaultClusterSettings,
  imageRegistries: [],
  mutedRules: [],
};
