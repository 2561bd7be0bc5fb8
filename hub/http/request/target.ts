import { Type } from 'typebox';
import type { Door } from '../../domain/access/caller.js';
import type { CompiledClass, Limits } from '../access/limits.js';
import type { Api } from '../api.js';
import type { BoundEndpoint, EndpointSpec, Method } from '../endpoint.js';
import { headerLine, JSON_TYPE, staticBlock } from '../headers.js';
import { parsePattern } from './path.js';
import { QueryReader, type QueryValues } from './query.js';
import type { Routable } from './router.js';
import { type Validator, validator } from './validation.js';

/** An API with its unchanging headers as finished text. */
export interface Mounted {
  readonly api: Api;
  /** On every response. */
  readonly block: string;
  /** The same, for JSON bodies. */
  readonly jsonBlock: string;
}

export function mount(api: Api, variesByOrigin: boolean): Mounted {
  return mounting(api, staticBlock(api, variesByOrigin));
}

function mounting(api: Api, block: string): Mounted {
  return { api, block, jsonBlock: block + headerLine('Content-Type', JSON_TYPE) };
}

/** The same with the headers that announce an endpoint's end. @throws Error for malformed dates, and dates too close to each other. */
function withNotice({ api, block }: Mounted, { since, sunset }: NonNullable<EndpointSpec['deprecated']>): Mounted {
  for (const date of [since, sunset])
    if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date))) throw new Error(`'${date}' is no date`);
  const notice = new Date(since);
  notice.setUTCMonth(notice.getUTCMonth() + 6);
  if (notice.getTime() > Date.parse(sunset)) throw new Error('a deprecation is announced six months ahead');
  return mounting(api, block + headerLine('X-API-Deprecation', since) + headerLine('X-API-Sunset', sunset));
}

/** An endpoint with all that is computed once: schemas compiled, limit class looked up. */
export interface Target extends Routable {
  readonly api: Door;
  readonly method: Method;
  readonly path: string;
  readonly mounted: Mounted;
  readonly spec: EndpointSpec;
  readonly handle: BoundEndpoint['handle'];
  /** The class it counts in; `null` where its API has none for it. */
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

/** @throws Error where the endpoint's description does not hold together. */
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
