import type { RegistryEntry } from '../../domain/registry/entry.js';
import { type Field, mustBe, type Way, waysOf } from '../../domain/registry/ways.js';
import { CommandError } from '../frame/failures.js';

/**
 * The way that the user wants, or the first that can be added.
 * @throws CommandError with the reason for each way if Roundhouse can add no way
 */
export function chosenWay({ name, version, ...entry }: RegistryEntry, kind: string | undefined): Way {
  const ways = waysOf({ name, version, ...entry });
  const fitting = kind === undefined ? ways : ways.filter((way) => way.kind === kind);
  const found = fitting.find(({ problem }) => problem === '');
  if (found) return found;
  const what = `version ${version} of '${name}'`;
  if (ways.length === 0) throw new CommandError(`${what} names no package and no address: see its website`);
  const kinds = ways.map((way) => way.kind).join(', ');
  if (fitting.length === 0) throw new CommandError(`${what} has no way '${kind}': it has ${kinds}`, 'missing');
  throw new CommandError(`${what} cannot be added: ${fitting.map((way) => `${way.kind}: ${way.problem}`).join('; ')}`);
}

/** @throws CommandError if a value does not fit its field. Its text is not repeated: it may be a secret. */
export function checkValue(field: Field, value: string): void {
  const expected = mustBe(field, value);
  if (expected !== undefined) throw new CommandError(`${field.name}: expected ${expected}`, 'usage');
}
