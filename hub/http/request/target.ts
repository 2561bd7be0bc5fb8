import { type TSchema, Type } from 'typebox';
import type { Door } from '../../domain/access/caller.js';
import { DomainError, invalid, invalidFields } from '../../domain/errors.js';
import type { CompiledClass, Limits } from '../access/limits.js';
import type { Api } from '../api.js';
import type { BoundEndpoint, EndpointSpec, Method } from '../endpoint.js';
import { headerLine, JSON_TYPE, staticBlock } from '../headers.js';
import { KeptBodies } from '../kept-bodies.js';
import { propertiesOf } from '../schemas.js';
import { parsePattern, type Routable } from './router.js';
import { type Validator, validator } from './validation.js';

/** An API with the headers of all its responses, as finished text. */
export interface Mounted {
  readonly api: Api;
  /** On every response. */
  readonly block: string;
  /** The same, for JSON bodies. */
  readonly jsonBlock: string;
  readonly bodies: KeptBodies;
}

export function mount(api: Api, variesByOrigin: boolean): Mounted {
  return mounting(api, staticBlock(api, variesByOrigin));
}

function mounting(api: Api, block: string): Mounted {
  const jsonBlock = block + headerLine('Content-Type', JSON_TYPE);
  return { api, block, jsonBlock, bodies: new KeptBodies(api.envelope) };
}

/** The same with the headers that announce the removal of an endpoint. @throws Error for malformed dates, and for dates too close to each other */
function withNotice({ api, block }: Mounted, { since, sunset }: NonNullable<EndpointSpec['deprecated']>): Mounted {
  for (const date of [since, sunset])
    if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date))) throw new Error(`'${date}' is no date`);
  const notice = new Date(since);
  notice.setUTCMonth(notice.getUTCMonth() + 6);
  if (notice.getTime() > Date.parse(sunset)) throw new Error('a deprecation is announced six months ahead');
  return mounting(api, block + headerLine('X-API-Deprecation', since) + headerLine('X-API-Sunset', sunset));
}

/** An endpoint with the parts that are computed once: compiled schemas, and its limit class. */
export interface Target extends Routable {
  readonly api: Door;
  readonly method: Method;
  readonly path: string;
  readonly mounted: Mounted;
  readonly spec: EndpointSpec;
  readonly handle: BoundEndpoint['handle'];
  /** Its limit class; `null` if the API has none for it. */
  readonly limit: CompiledClass | null;
  /** Exempt from all limits. */
  readonly unlimited: boolean;
  readonly body: Validator | null;
  /** Checked path parameters. @throws DomainError `invalid_input`. */
  readonly params: (values: readonly string[]) => Readonly<Record<string, unknown>>;
  /** Checked query parameters. @throws DomainError `malformed`, `invalid_input`. */
  readonly query: (query: string) => QueryValues;
}

const none: QueryValues = Object.freeze(Object.create(null));

/** @throws Error if the endpoint's description contradicts itself */
export function compileTarget(
  mounted: Mounted,
  { spec, handle, name }: BoundEndpoint,
  limits: Limits,
  baseOnly = false,
): Target {
  const { api } = mounted;
  const { method, path } = spec;
  try {
    const byMethod = method === 'GET' ? api.defaultLimit.read : api.defaultLimit.write;
    const query = new QueryReader(spec.query ?? Type.Object({}), spec.permission === 'public' ? 'ignored' : 'refused');
    return {
      api: api.name,
      method,
      path,
      baseOnly,
      plainOnly: api.plainOnly === true && !baseOnly,
      mounted: spec.deprecated ? withNotice(mounted, spec.deprecated) : mounted,
      spec,
      handle,
      limit: limits.classOf(api, spec.limit ?? byMethod),
      unlimited: spec.limit === 'none',
      body: spec.body ? validator(spec.body, 'body', 'body') : null,
      params: paramsReader(path, spec),
      query: (text) => (text === '' && !spec.query ? none : query.read(text)),
    };
  } catch (error) {
    throw new Error(`${api.name} ${name} (${method} ${path}): ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function paramsReader(path: string, { params }: EndpointSpec): Target['params'] {
  const { names } = parsePattern(path);
  if (names.length === 0) return () => none;
  const check = params && validator(params, 'text', 'path');
  return (values) => {
    const named: Record<string, unknown> = Object.create(null);
    for (const [i, name] of names.entries()) named[name] = values[i];
    check?.check(named);
    return named;
  };
}

/** How many parameters a query string may have. */
const MAX_PARAMETERS = 256;
/** How much of an unknown name an error repeats, characters. */
const MAX_SHOWN = 100;

type QueryValues = Record<string, unknown>;

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
    // The check below reports it, together with NUL.
  }
  throw new DomainError('malformed', 'The query is not valid percent-encoded UTF-8');
}
