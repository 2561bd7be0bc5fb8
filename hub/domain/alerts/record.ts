import { collection } from '../store.js';
import type { RuleName, Severity } from './rule.js';

/** One alert, from when it was raised. */
export interface AlertRecord {
  readonly id: string;
  readonly rule: RuleName;
  /** The rule and its subject: one key has at most one unresolved alert. */
  readonly key: string;
  readonly severity: Severity;
  /** Its subject, for people. */
  readonly subject: string;
  readonly serverId: string | null;
  readonly site: string | null;
  readonly title: string;
  readonly description: string;
  /** As it was when it was raised, in the unit of the rule. */
  readonly value: number;
  readonly threshold: number;
  /** Milliseconds since 1970. */
  readonly triggeredAt: number;
  /** `null` while it is active. */
  readonly resolvedAt: number | null;
  readonly acknowledgement: Acknowledgement | null;
  readonly revision: number;
}

/** The acknowledgement of an alert, with its reason. */
export interface Acknowledgement {
  /** The person that the caller names; without a name the caller's own. */
  readonly by: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export const alertRecords = collection<AlertRecord>('alerts', 'alert', {
  active: { of: ({ resolvedAt, key }) => (resolvedAt === null ? key : undefined), unique: true },
  resolved: { of: ({ resolvedAt }) => resolvedAt ?? undefined },
});
