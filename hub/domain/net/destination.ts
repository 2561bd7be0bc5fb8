import { invalid } from '../errors.js';

/**
 * Where a secret goes: the address, command or port that gets it. Each part has the name that errors use. Every kind of record with secrets
 * defines its destination.
 */
export type Destination = Readonly<Record<string, string>>;

/** The first part in which two destinations differ; `undefined` for none. */
export function movedPart(before: Destination, after: Destination): string | undefined {
  const parts = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...parts].find((part) => before[part] !== after[part]);
}

/**
 * A secret is bound to its destination. Otherwise a client who may change a record, but not read its secrets, could send them to another
 * destination. @param fields the secrets that an update leaves as they are
 * @throws DomainError `invalid_input` naming the first of them, if the destination changes.
 */
export function checkDestination(fields: readonly string[], before: Destination, after: Destination): void {
  const [field] = fields;
  const part = field === undefined ? undefined : movedPart(before, after);
  if (field !== undefined && part !== undefined)
    throw invalid(field, `has to be given again, because the ${part} changes`);
}
