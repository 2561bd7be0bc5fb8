import { below, invalidFields } from '../errors.js';
import { MASK, type TransportInput } from '../servers/transport.js';
import { checkValues, filledIn } from '../templates/templates.js';
import type { CatalogEntry } from './entry.js';
import { predefinedEntries } from './predefined.js';

type Values = Readonly<Record<string, string>>;

/** The options of every image of the catalog: it has no part of the machine, and gains no rights. */
const CONFINED = ['--rm', '--security-opt', 'no-new-privileges', '--cap-drop', 'ALL'] as const;

/**
 * How an entry is run.
 * @param env the user's values, which are secret or may be
 * @throws DomainError `invalid_input` naming `config.env.KEY`
 */
export function transportOf(entry: CatalogEntry, env: Values): TransportInput {
  if (entry.source.type === 'package') return packageTransport(entry.source.template, env);
  checkImageValues(entry, env);
  const { image, args: own = [] } = entry.source;
  const names = Object.keys(env).flatMap((name) => ['-e', name]);
  const args = ['run', '-i', ...CONFINED, ...names, image, ...own];
  return { type: 'stdio', command: 'docker', args, env };
}

function packageTransport(template: Parameters<typeof filledIn>[0], env: Values): TransportInput {
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

/** Values that stand for the values that are kept already. */
export function keptValues(names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, MASK]));
}
