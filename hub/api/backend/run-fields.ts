import type { JobRecord } from '../../domain/jobs/record.js';
import type { StepDefinition } from '../../domain/workflows/definition.js';
import { allRenamed, snakeCase } from '../shared/members.js';

interface RunParams {
  readonly workflow?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly plan?: readonly StepDefinition[];
}

export function definitionOf({ params }: JobRecord): string {
  return (params as RunParams).workflow ?? '';
}

export function parametersOf({ params }: JobRecord): Record<string, unknown> {
  return { ...(params as RunParams).parameters };
}

/** A step's result, in this API's words; a tool's result stays as it is. */
export function resultOf({ params }: JobRecord, step: string, result: unknown): unknown {
  const kind = (params as RunParams).plan?.find(({ name }) => name === step)?.kind;
  if (kind !== 'tool_call') return allRenamed(result, snakeCase);
  const { durationMs, ...rest } = result as { readonly durationMs: number };
  return { duration_ms: durationMs, ...rest };
}

/** When it changed last, milliseconds since 1970. */
export function changedAt({ createdAt, startedAt, completedAt, steps }: JobRecord): number {
  const ofSteps = steps.flatMap((step) => [step.startedAt ?? 0, step.completedAt ?? 0]);
  return Math.max(createdAt, startedAt ?? 0, completedAt ?? 0, ...ofSteps);
}
