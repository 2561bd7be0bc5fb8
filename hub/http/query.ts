import type { TSchema } from 'typebox';
import { DomainError, invalid } from '../domain/errors.js';
import { propertiesOf } from './schemas.js';
import { type Validator, validator } from './validation.js';

/** How many parameters a query string may have. */
const MAX_PARAMETERS = 256;

export type QueryValues = Record<string, unknown>;

/** Reads and checks the query strings of one endpoint. */
export class QueryReader {
  readonly #validator: Validator;
  /** The parameters that are looked at, and whether they may be repeated; `null`: all of them, the schema says the rest. */
  readonly #known: ReadonlyMap<string, boolean> | null;
  /** Whether others are refused. */
  readonly #isClosed: boolean;

  /**
   * @param schema an object schema; where it allows additional properties itself, the handler sees every parameter, and where it forbids them
   * itself, others are refused.
   */
  constructor(schema: TSchema) {
    this.#validator = validator(schema, 'text', 'query');
    const { additionalProperties } = schema as { readonly additionalProperties?: unknown };
    this.#isClosed = additionalProperties === false;
    const open = !this.#isClosed && (additionalProperties !== undefined || 'patternProperties' in schema);
    const known = new Map<string, boolean>();
    for (const [name, property] of Object.entries(propertiesOf(schema))) known.set(name, property.type === 'array');
    this.#known = open ? null : known;
  }

  /**
   * The parameters, coerced to their types, with defaults filled in; unknown ones are left out, unless the schema forbids them.
   * @throws DomainError `malformed` (percent-encoding), `invalid_input`.
   */
  read(query: string): QueryValues {
    const values: QueryValues = Object.create(null);
    if (query !== '') this.#parse(query, values);
    this.#validator.check(values, query.length);
    return values;
  }

  #unknown(name: string): DomainError {
    const names = [...(this.#known?.keys() ?? [])].join(', ');
    return invalid(name.slice(0, 100), `is not a known parameter; there are: ${names}`);
  }

  #parse(query: string, values: QueryValues): void {
    const pairs = query.split('&', MAX_PARAMETERS + 1);
    if (pairs.length > MAX_PARAMETERS)
      throw new DomainError('malformed', `The query has more than ${MAX_PARAMETERS} parameters`);
    for (const pair of pairs) {
      if (pair === '') continue;
      const equals = pair.indexOf('=');
      const name = decode(equals === -1 ? pair : pair.slice(0, equals));
      const repeats = this.#known ? this.#known.get(name) : false;
      if (repeats === undefined && this.#isClosed) throw this.#unknown(name);
      if (repeats === undefined) continue;
      const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
      const before = values[name];
      if (repeats) values[name] = Array.isArray(before) ? [...before, value] : [value];
      else if (before === undefined) values[name] = value;
      else throw invalid(name.slice(0, 100), 'is given more than once');
    }
  }
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%') && !spaced.includes('\0')) return spaced;
  try {
    const decoded = decodeURIComponent(spaced);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // Told below, like NUL.
  }
  throw new DomainError('malformed', 'The query is not valid percent-encoded UTF-8');
}
