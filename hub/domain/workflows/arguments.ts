import { databasesNamed, withConnections } from '../databases/connections.js';
import { mayRefer, textsIn } from '../databases/references.js';
import type { Store } from '../store.js';
import { type Parameters, type StepDefinition, withValues } from './definition.js';

/** The texts of a step that name external databases, and the rest of it without them. Values of parameters are never looked into. */
function naming(value: unknown): unknown {
  if (typeof value === 'string') return mayRefer(value) ? value : null;
  if (Array.isArray(value)) return value.map(naming);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, naming(item)]));
}

/** @throws DomainError `invalid_input` for a step that names an external database which there is not. */
export function checkDatabases(
  store: Pick<Store, 'get' | 'find'>,
  steps: readonly StepDefinition[],
  parameters: Parameters,
): void {
  for (const step of steps)
    for (const text of textsIn(withValues(naming(step.with ?? {}), parameters)))
      databasesNamed(store, text, 'parameters');
}

/**
 * The arguments of a step's kind: the definition's arguments, filled in with the parameters' values and with the external databases that
 * references name. Only the author of a workflow names a database: a parameter's value that looks like a reference is plain text.
 * @throws DomainError `conflict` if a database was deleted.
 */
export async function argumentsOf(
  store: Store,
  step: StepDefinition,
  parameters: Parameters,
): Promise<Readonly<Record<string, unknown>>> {
  const plan = step.with ?? {};
  const connected = await withConnections(store, withValues(naming(plan), parameters));
  return merged(withValues(plan, parameters), connected) as Readonly<Record<string, unknown>>;
}

/** The first value, with the texts of the second in their places. */
function merged(value: unknown, texts: unknown): unknown {
  if (typeof texts === 'string') return texts;
  if (typeof texts !== 'object' || texts === null || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, at) => merged(item, (texts as unknown[])[at]));
  const named = texts as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, merged(item, named[key])]));
}
