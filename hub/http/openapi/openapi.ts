import type { TSchema } from 'typebox';
import { credentialMissing, DomainError, type ErrorCode, invalid, notFound } from '../../domain/errors.js';
import type { Api } from '../api.js';
import type { BoundEndpoint, EndpointSpec } from '../endpoint.js';
import { parsePattern } from '../request/router.js';
import { isSchema, type JsonSchema, propertiesOf, tagOf } from '../schemas.js';

type Json = Readonly<Record<string, unknown>>;

const JSON_MEDIA = 'application/json';
const info = { requestId: '0192f0c1-7a3e-7b60-9c1d-2f6f0a4b8e11', timestamp: '2026-01-15T10:30:00.000Z' };

/** The API's OpenAPI 3.1 document, made from its table and its envelope. */
export function openApiOf(api: Api): object {
  const paths: Record<string, Record<string, Json>> = {};
  // For OpenAPI, paths that differ only in the names of their parameters are one path. It gets the names of the first path.
  const templates = new Map<string, string>();
  const answers = api.endpoints.flatMap(({ spec }) => [spec.response, spec.extra, spec.events]);
  const schemas = new DocumentSchemas(answers.filter((schema) => schema !== undefined));
  for (const endpoint of api.endpoints) {
    const { path, method } = endpoint.spec;
    const shape = path.replace(/\{[^{}]*\}/g, '{}');
    const template = templates.get(shape) ?? path;
    templates.set(shape, template);
    const item = paths[template] ?? {};
    item[method.toLowerCase()] = operation(api, endpoint, parsePattern(template).names, schemas);
    paths[template] = item;
  }
  return {
    openapi: '3.1.0',
    info: { title: api.title, version: api.version },
    servers: serversOf(api),
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      schemas: { Error: schemas.of(api.envelope.errorSchema(), 'out'), ...schemas.components },
      examples: failureExamples(api),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An access token, or an API key' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key, or an access token' },
      },
    },
  };
}

function serversOf({ name, plainOnly }: Api): Json[] {
  const description =
    'The plain paths; those that other APIs have too are answered by the API that issued the credential';
  if (plainOnly) return [{ url: '/' }];
  return [
    { url: `/${name}`, description: 'This API alone' },
    { url: '/', description },
  ];
}

function operation(api: Api, { name, spec }: BoundEndpoint, names: readonly string[], schemas: DocumentSchemas): Json {
  const isPublic = spec.permission === 'public';
  const byMethod = spec.method === 'GET' ? api.defaultLimit.read : api.defaultLimit.write;
  const limit = spec.limit ?? byMethod;
  return {
    operationId: name,
    summary: spec.summary,
    description: spec.description,
    tags: [nounOf(spec.path)],
    ...(isPublic ? { security: [] } : { 'x-permission': spec.permission }),
    ...(limit === null || limit === 'none' ? {} : { 'x-rate-limit': { class: limit, ...api.limits[limit] } }),
    ...(spec.extension ? { 'x-extension': true } : {}),
    ...(spec.deprecated ? { deprecated: true, 'x-sunset': spec.deprecated.sunset } : {}),
    ...parameters(spec, names, schemas),
    ...requestBody(spec, schemas),
    responses: { ...success(api, spec, schemas), ...failures(api, spec, isPublic) },
  };
}

/** The noun that an endpoint is about: the first part of its path that is no prefix. Documents and SDKs are ordered by it. */
function nounOf(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== 'api' && part !== 'v1');
  return parts[0] ?? 'root';
}

function parameters({ path, params, query }: EndpointSpec, names: readonly string[], schemas: DocumentSchemas): Json {
  const inPath = propertiesOf(params);
  const inQuery = propertiesOf(query);
  const required = (query as { required?: readonly string[] } | undefined)?.required ?? [];
  const list = [
    ...parsePattern(path).names.map((name, i) =>
      parameter(names[i] ?? name, 'path', true, inPath[name] ?? { type: 'string', minLength: 1 }, schemas),
    ),
    ...Object.entries(inQuery).map(([name, schema]) =>
      // A default makes the parameter optional for the client, although the handler always gets a value.
      parameter(name, 'query', required.includes(name) && !('default' in schema), schema, schemas),
    ),
  ];
  return list.length === 0 ? {} : { parameters: list };
}

/** Readers look for a parameter's description at the parameter, not in its schema. */
function parameter(
  name: string,
  place: 'path' | 'query',
  required: boolean,
  { description, ...schema }: Json,
  schemas: DocumentSchemas,
): Json {
  return { name, in: place, required, description, schema: schemas.of(schema, 'in') };
}

function requestBody({ body, example, bodyOptional, reads = {} }: EndpointSpec, schemas: DocumentSchemas): Json {
  if (!body) return {};
  const schema = schemas.of(body, 'in');
  const types = [JSON_MEDIA, ...Object.keys(reads)];
  const content = types.map((type) => [type, type === JSON_MEDIA ? { schema, example } : { schema }]);
  return { requestBody: { required: !bodyOptional, content: Object.fromEntries(content) } };
}

function success({ envelope }: Api, spec: EndpointSpec, schemas: DocumentSchemas): Json {
  const { status = 200, response, extra, bare, produces = [], events } = spec;
  if (status === 204) return { 204: { description: 'Done; no content' } };
  if (status === 302)
    return { 302: { description: 'Go on there', headers: { Location: { schema: { type: 'string' } } } } };
  // An endpoint with other media types and without a payload never answers with JSON.
  const isJson = response !== undefined || extra !== undefined || produces.length === 0;
  const schema = schemas.of(bare ? (response ?? {}) : envelope.schema(response, extra), 'out');
  // OpenAPI 3.1 cannot describe the items of a stream.
  const items = events === undefined ? {} : { 'x-item-schema': schemas.of(events, 'out') };
  const others = produces
    .filter((type) => !isJson || type !== JSON_MEDIA)
    // YAML has the same schema as JSON, in another notation.
    .map((type) => [
      type,
      type.endsWith('/yaml')
        ? { schema }
        : { schema: { type: 'string' }, ...(type === 'text/event-stream' ? items : {}) },
    ]);
  const content = { ...(isJson ? { [JSON_MEDIA]: { schema } } : {}), ...Object.fromEntries(others) };
  return { [status]: { description: 'Success', headers: standardHeaders, content } };
}

const standardHeaders = { 'X-Request-ID': { schema: { type: 'string' } } };
const error = { $ref: '#/components/schemas/Error' };

/** An example of each failure that the layer below the handlers gives. */
const layerFailures = {
  rate_limited: new DomainError('rate_limited', 'Rate limit exceeded. Please retry after 12 seconds', {
    retryAfter: 12,
  }),
  internal: new DomainError('internal', 'Internal server error'),
  unauthenticated: credentialMissing(),
  forbidden: new DomainError('forbidden', 'Insufficient permissions: this needs role operator', {
    permission: 'server.write',
    requiredRole: 'operator',
  }),
  not_found: notFound('server', 'weather'),
  invalid_input: invalid('limit', 'must be a whole number from 1 to 1000'),
  malformed: new DomainError('malformed', 'The body is not valid JSON: see line 3, column 17', { line: 3, column: 17 }),
  payload_too_large: new DomainError('payload_too_large', 'The body is larger than 1048576 bytes', { limit: 1048576 }),
  unsupported_media_type: new DomainError('unsupported_media_type', 'Content-Type must be application/json in UTF-8'),
} as const satisfies Partial<Record<ErrorCode, DomainError>>;

/** Each of {@link layerFailures} in the API's own form. */
function failureExamples({ envelope }: Api): Json {
  const inForm = (error: DomainError) => ({ value: JSON.parse(envelope.failure(error, info).body) });
  return Object.fromEntries(Object.entries(layerFailures).map(([code, error]) => [code, inForm(error)]));
}

/** The failures that the layer below the handlers gives, each with its example; the domain's failures are all other codes of the envelope. */
function failures({ envelope }: Api, spec: EndpointSpec, isPublic: boolean): Json {
  const codes: (keyof typeof layerFailures)[] = ['rate_limited', 'internal'];
  if (!isPublic) codes.push('unauthenticated', 'forbidden');
  if (spec.path.includes('{')) codes.push('not_found');
  if (spec.body || spec.query || spec.params) codes.push('invalid_input', 'malformed');
  if (spec.body || spec.query) codes.push('payload_too_large');
  if (spec.body) codes.push('unsupported_media_type');
  const text = { schema: { type: 'string' } };
  // An endpoint that users open in a browser fails with a page.
  const page = spec.produces?.includes('text/html') ? { 'text/html': text } : {};
  const byStatus = new Map<number, (typeof codes)[number][]>();
  for (const code of codes) {
    const { status } = envelope.failure(layerFailures[code], info);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses: Record<string, Json> = {};
  for (const [status, alike] of byStatus) {
    const examples = Object.fromEntries(alike.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
    const own = status === 400 && spec.refusesAs ? { [spec.refusesAs]: text } : {};
    responses[status] = {
      description: alike.map((code) => code.replaceAll('_', ' ')).join('; '),
      content: { [JSON_MEDIA]: { schema: error, examples }, ...page, ...own },
    };
  }
  responses.default = { description: 'Any other failure', content: { [JSON_MEDIA]: { schema: error }, ...page } };
  return responses;
}

/** `in`: requests, in which the hub fills in defaults; `out`: answers. */
export type Direction = 'in' | 'out';

/**
 * The schemas of one OpenAPI document. Each schema with a `title` becomes a component of that name. A union of constants becomes an `enum`. A union
 * of objects with a constant member gets a `discriminator`. A client may leave out a member with a default.
 *
 * If a component has defaults, its form in requests differs from its form in answers: then the one for requests is called `…Input`.
 */
export class DocumentSchemas {
  readonly #components = new Map<string, JsonSchema>();
  /** The titles of answers. */
  readonly #answered = new Set<string>();

  /** @param answers all answers of the hub: they decide on the names of requests */
  constructor(answers: readonly TSchema[]) {
    for (const answer of answers) collectTitles(answer as JsonSchema, this.#answered);
  }

  /** The components so far, by name. */
  get components(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** @throws Error where two schemas that differ have one title, or a part of a union with a discriminator has no title */
  of(schema: object, direction: Direction): JsonSchema {
    const { title, ...rest } = schema as JsonSchema;
    const shown = this.#shown(rest, direction);
    if (typeof title !== 'string') return shown;
    const name = this.#nameOf(title, rest, direction);
    const known = this.#components.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(shown))
      throw new Error(`Two schemas that differ are called ${name}`);
    this.#components.set(name, shown);
    return { $ref: `#/components/schemas/${name}` };
  }

  #nameOf(title: string, schema: JsonSchema, direction: Direction): string {
    const hasTwo = direction === 'in' && this.#answered.has(title);
    return hasTwo && hasDefaults(schema) ? `${title}Input` : title;
  }

  #shown(schema: JsonSchema, direction: Direction): JsonSchema {
    const { anyOf, ...copy }: Record<string, unknown> = schema;
    for (const [key, value] of Object.entries(copy)) {
      if (key === 'default' || key === 'const' || key === 'enum') continue;
      if (key === 'properties' || key === 'patternProperties')
        copy[key] = Object.fromEntries(
          Object.entries(value as JsonSchema).map(([name, part]) => [name, this.of(part as JsonSchema, direction)]),
        );
      else if (isSchema(value)) copy[key] = this.of(value, direction);
    }
    if (direction === 'in' && Array.isArray(copy.required)) copy.required = requiredOf(schema);
    if (Array.isArray(copy.required) && copy.required.length === 0) delete copy.required;
    if (Array.isArray(copy.enum) && copy.enum.every((value) => typeof value === 'string')) copy.type = 'string';
    return Array.isArray(anyOf) ? { ...copy, ...this.#union(anyOf as JsonSchema[], direction) } : copy;
  }

  #union(branches: readonly JsonSchema[], direction: Direction): JsonSchema {
    const rest = branches.filter(({ type }) => type !== 'null');
    const constants = rest.map((branch) => branch.const);
    const tag = rest.length > 1 ? tagOf(rest) : undefined;
    let union: JsonSchema;
    if (constants.length > 0 && constants.every((value) => typeof value === 'string'))
      union = { type: 'string', enum: constants };
    else if (tag === undefined) return { anyOf: branches.map((branch) => this.of(branch, direction)) };
    else {
      const oneOf = rest.map((branch) => this.of(branch, direction));
      const mapping = Object.fromEntries(rest.map((branch, at) => [constantOf(branch, tag), oneOf[at]?.$ref]));
      if (Object.values(mapping).includes(undefined))
        throw new Error(`The parts of a union that ${tag} tells apart need titles: ${Object.keys(mapping).join(', ')}`);
      union = { type: 'object', oneOf, discriminator: { propertyName: tag, mapping } };
    }
    return rest.length === branches.length ? union : { anyOf: [union, { type: 'null' }] };
  }
}

function requiredOf({ properties, required }: JsonSchema): readonly string[] {
  const members = properties as Readonly<Record<string, JsonSchema>>;
  return (required as readonly string[]).filter((name) => !('default' in (members[name] ?? {})));
}

function constantOf(schema: JsonSchema, name: string): string {
  return String((schema.properties as Readonly<Record<string, JsonSchema>>)[name]?.const);
}

/** Whether a member at any depth has a default: clients may leave it out, and answers always have it. */
function hasDefaults(schema: JsonSchema): boolean {
  return partsOf(schema).some((part) => 'default' in part || hasDefaults(part));
}

function collectTitles(schema: JsonSchema, titles: Set<string>): void {
  if (typeof schema.title === 'string') titles.add(schema.title);
  for (const part of partsOf(schema)) collectTitles(part, titles);
}

function partsOf(schema: JsonSchema): JsonSchema[] {
  const { properties = {}, patternProperties = {}, anyOf = [], items, additionalProperties } = schema;
  const maps = [properties, patternProperties].flatMap((map) => Object.values(map as object));
  return [...maps, ...(anyOf as unknown[]), items, additionalProperties].filter(isSchema);
}
