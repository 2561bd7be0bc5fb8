import type { TSchema } from 'typebox';
import { DomainError, invalid, invalidFields } from '../../domain/errors.js';
import { propertiesOf } from '../schemas.js';
import { type Validator, validator } from './validation.js';

/** How many parameters a query string may have. */
const MAX_PARAMETERS = 256;
/** How much of an unknown name an error repeats, characters. */
const MAX_SHOWN = 100;

export type QueryValues = Record<string, unknown>;

/** The treatment of unknown parameters. A public endpoint ignores them: probes and authorization servers add their own. */
type Unknown = 'refused' | 'ignored';

/** Reads and checks the query strings of one endpoint. */
export class QueryReader {
  readonly #validator: Validator;
  /** The known parameters, and whether they may be repeated; `null`: the handler reads every parameter. */
  readonly #known: ReadonlyMap<string, boolean> | null;
  readonly #unknown: Unknown;

  /** @param schema an object schema; if it allows additional properties, the handler reads every parameter. */
  constructor(schema: TSchema, unknown: Unknown) {
    this.#validator = validator(schema, 'text', 'query');
    this.#unknown = unknown;
    const { additionalProperties = false } = schema as { readonly additionalProperties?: unknown };
    const open = additionalProperties !== false || 'patternProperties' in schema;
    const known = new Map<string, boolean>();
    for (const [name, property] of Object.entries(propertiesOf(schema))) known.set(name, property.type === 'array');
    this.#known = open ? null : known;
  }

  /**
   * The parameters, coerced to their types, with defaults filled in.
   * @throws DomainError `malformed` (percent-encoding), `invalid_input`.
   */
  read(query: string): QueryValues {
    const values: QueryValues = Object.create(null);
    if (query !== '') {
      const unknown = this.#parse(query, values);
      if (this.#unknown === 'refused' && unknown.size > 0) throw this.#refusal(unknown);
    }
    this.#validator.check(values);
    return values;
  }

  #refusal(unknown: ReadonlySet<string>): DomainError {
    const names = [...(this.#known?.keys() ?? [])].join(', ');
    const error = `is not a known parameter; ${names === '' ? 'there are none here' : `known: ${names}`}`;
    const [first = '', ...others] = unknown;
    return invalidFields({ field: first, error }, ...others.map((field) => ({ field, error })));
  }

  /** Fills the values in. @returns the names of unknown parameters. */
  #parse(query: string, values: QueryValues): ReadonlySet<string> {
    const unknown = new Set<string>();
    const pairs = query.split('&', MAX_PARAMETERS + 1);
    if (pairs.length > MAX_PARAMETERS)
      throw new DomainError('malformed', `The query has more than ${MAX_PARAMETERS} parameters`);
    for (const pair of pairs) {
      if (pair === '') continue;
      const equals = pair.indexOf('=');
      const name = decode(equals === -1 ? pair : pair.slice(0, equals));
      const repeats = this.#known ? this.#known.get(name) : false;
      if (repeats === undefined) {
        unknown.add(name.slice(0, MAX_SHOWN));
        continue;
      }
      const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
      const before = values[name];
      if (repeats) values[name] = Array.isArray(before) ? [...before, value] : [value];
      else if (before === undefined) values[name] = value;
      else throw invalid(name.slice(0, MAX_SHOWN), 'is given more than once');
    }
    return unknown;
  }
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%') && !spaced.includes('\0')) return spaced;
  try {
    const decoded = decodeURIComponent(spaced);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // An error below, like NUL.
  }
  throw new DomainError('malformed', 'The query is not valid percent-encoded UTF-8');
}
