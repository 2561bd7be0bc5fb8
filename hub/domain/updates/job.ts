import type { JobRecord } from '../jobs/record.js';
import type { ToolChanges } from './tools.js';

export const UPDATE = 'update';
export const ROLLBACK = 'rollback';
/** A dry run: a plan of an update. */
export const PLAN = 'update.plan';

/** Kinds of jobs that take a server from one version to another. */
export const versionJobs: ReadonlySet<string> = new Set([UPDATE, ROLLBACK]);

export const rollbackSteps = ['download', 'install', 'verify', 'switch'] as const;
export const updateSteps = ['backup', ...rollbackSteps] as const;

/** The input of an update or rollback, and the versions that it stands for. */
export interface UpdateParams {
  /** The server's name when it was asked for. */
  readonly server: string;
  /** As asked for: a version, `latest`, `auto`. */
  readonly requested: string;
  /** `null` where nothing ran yet. */
  readonly from: string | null;
  readonly to: string;
  readonly source: { readonly kind: string; readonly name: string };
  readonly breaking: boolean;
  readonly rollbackOnFailure: boolean;
  readonly backup: boolean;
  readonly force: boolean;
}

/** The result. */
export interface UpdateResult {
  /** The version that is wanted of the server now, and that runs where it runs. */
  readonly version: string | null;
  /** The new version was given up: the old one runs on. */
  readonly rolledBack: boolean;
  /** How the tool list changed; `null` if it is unknown. */
  readonly tools: ToolChanges | null;
}

/** A step of a dry run's plan. */
export interface PlannedStep {
  readonly name: string;
  readonly action: string;
}

export interface UpdatePlan {
  readonly steps: readonly PlannedStep[];
  readonly installed: boolean;
  /** The size of the new version on the disk, if it is installed already. */
  readonly bytes: number | null;
  readonly keepsOld: boolean;
}

export function paramsOf({ params }: JobRecord): UpdateParams {
  return params as unknown as UpdateParams;
}
