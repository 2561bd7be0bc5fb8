import { isDeepStrictEqual } from 'node:util';
import { below, DomainError, invalidFields } from '../errors.js';
import { valuesStay } from '../servers/destination.js';
import type { ServerRecord } from '../servers/record.js';
import { MASK, type TransportInput } from '../servers/transport.js';
import { checkValues, filledIn } from '../templates/templates.js';
import { type CatalogEntry, givenNames } from './entry.js';
import { predefinedEntries } from './predefined.js';

export type Values = Readonly<Record<string, string>>;

/** The options of every image of the catalog: no access to the machine, and no new privileges. */
const CONFINED = ['--rm', '--security-opt', 'no-new-privileges', '--cap-drop', 'ALL'] as const;

/**
 * The transport that runs an entry.
 * @param env the user's values, which are secret or may be
 * @throws DomainError `invalid_input` naming `config.env.KEY`
 */
export function transportOf(entry: CatalogEntry, env: Values): Stdio<TransportInput> {
  if (entry.source.type === 'package') return packageTransport(entry.source.template, env);
  checkImageValues(entry, env);
  const { image, args: own = [] } = entry.source;
  const names = Object.keys(env).flatMap((name) => ['-e', name]);
  const args = ['run', '-i', ...CONFINED, ...names, image, ...own];
  return { type: 'stdio', command: 'docker', args, env };
}

function packageTransport(template: Parameters<typeof filledIn>[0], env: Values): Stdio<TransportInput> {
  below('config', () => checkValues(template, env));
  return { type: 'stdio', command: template.command, ...filledIn(template, env) };
}

/** The values that an image needs are known only for images that ship with the hub. */
function checkImageValues(entry: CatalogEntry, env: Values): void {
  const { variables = [] } = predefinedEntries.find(({ id }) => id === entry.id) ?? {};
  const problems = variables
    .filter(({ key, required }) => required && !(Object.hasOwn(env, key) && env[key]))
    .map(({ key, description }) => ({ field: `config.env.${key}`, error: `is required: ${description}` }));
  const [first, ...others] = problems;
  if (first) throw invalidFields(first, ...others);
}

/** Whether a server has the command line and the variables of a transport. */
export function isSame(
  before: ServerRecord['transport'],
  { command, args = [], env = {} }: Stdio<TransportInput>,
): boolean {
  if (before.type !== 'stdio' || before.command !== command) return false;
  return isDeepStrictEqual(before.args, args) && isDeepStrictEqual([...before.env].sort(), Object.keys(env).sort());
}

/**
 * The transport of an entry for a server that was made from it, with the values that may stay. `undefined` if the entry needs other values, or
 * does not offer a variable of the server any more: its values are for another address.
 */
export function ofEntry(entry: CatalogEntry, before: ServerRecord['transport']): Stdio<TransportInput> | undefined {
  try {
    const names = before.type === 'stdio' ? givenNames(entry, before.env) : [];
    const same = transportOf(entry, keptValues(names));
    return valuesStay(before, same) ? same : transportOf(entry, {});
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_input') return undefined;
    throw error;
  }
}

type Stdio<T> = Extract<T, { readonly type: 'stdio' }>;

/** Placeholders for the values that are already stored. */
export function keptValues(names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, MASK]));
}
