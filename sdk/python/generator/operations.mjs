// Reads an OpenAPI document into the form that the other modules write Python from.
import { parametersOf } from '../../components.mjs';
import { singular, wordsOf } from '../../names.mjs';
import { methodNames, snake } from './names.mjs';

/** @typedef {Record<string, any>} Schema */
/** @typedef {import('../../components.mjs').Components} Components */
/**
 * @typedef {object} Parameter
 * @property {string} wire its name in the API
 * @property {string} name its name in Python
 * @property {Schema} schema
 * @property {boolean} required
 */
/**
 * @typedef {object} Operation
 * @property {string} api
 * @property {string} id operationId
 * @property {string} tag
 * @property {string} method Python's name
 * @property {string} http
 * @property {string} path with the API's base
 * @property {string} shownPath as the document has it
 * @property {string} summary
 * @property {string} permission
 * @property {boolean} open whether it needs no credential
 * @property {boolean} extension
 * @property {Parameter[]} inPath
 * @property {Parameter[]} query
 * @property {Map<string, Schema[]> | undefined} filters fields that a list is filtered by
 * @property {Parameter[]} body
 * @property {boolean} bodyRequired
 * @property {boolean} hasBody
 * @property {Record<string, Schema>} content its answers, by media type; empty for no answer
 * @property {Schema | undefined} event the data of a stream's events
 * @property {Schema | undefined} sent the body as one
 * @property {number} status of its success
 * @property {{ style: 'page' | 'offset' | 'skip', items: string } | undefined} paging
 */

const filter = /^(\w+)\[\w+\]$/;

/** The body of a success without its envelope: how to unwrap it, and its schema. @param {Schema} schema @param {string} api @param {Components} components */
export function unwrapped(schema, api, components) {
  const members = components.resolve(schema).properties ?? {};
  const enveloped =
    members.success?.const === true || (api === 'infrastructure' && members.status?.const === 'success');
  if (!enveloped) return { unwrap: 'bare', schema };
  const own = new Set(['success', 'timestamp', 'data', ...(api === 'infrastructure' ? ['status', 'metadata'] : [])]);
  if (api === 'automation') own.add('metadata');
  const beside = Object.keys(members).filter((name) => !own.has(name));
  const data = components.resolve(members.data);
  if (
    data &&
    (beside.length === 0 || data.type !== 'object' || beside.every((name) => name in (data.properties ?? {})))
  )
    return { unwrap: 'data', schema: members.data };
  const properties = { ...data?.properties, ...Object.fromEntries(beside.map((name) => [name, members[name]])) };
  const required = [...(data?.required ?? []), ...beside.filter((name) => schema.required?.includes(name))];
  return { unwrap: data ? 'merged' : 'rest', schema: { ...data, type: 'object', properties, required } };
}

/** @param {Schema | undefined} schema @param {readonly Parameter[]} query @returns {Operation['paging']} */
function pagingOf(schema, query) {
  const has = (/** @type {string} */ name) => query.some(({ wire }) => wire === name);
  const style = has('page') ? 'page' : has('offset') ? 'offset' : has('skip') ? 'skip' : undefined;
  if (!style || !schema || !has('limit')) return undefined;
  if (schema.type === 'array') return { style, items: '' };
  const items = Object.entries(schema.properties ?? {}).find(([, member]) => member.type === 'array')?.[0];
  return items === undefined ? undefined : { style, items };
}

/** @param {any} parameter @returns {Parameter} */
const parameterOf = ({ name, schema, required }) => ({
  wire: name,
  name: snake(name),
  schema,
  required: Boolean(required),
});

/** @param {Schema | undefined} schema @param {ReadonlySet<string>} taken @returns {Parameter[]} */
function bodyOf(schema, taken) {
  const required = new Set(schema?.required ?? []);
  return Object.entries(schema?.properties ?? {}).map(([wire, member]) => {
    const name = snake(wire);
    return {
      wire,
      name: taken.has(name) ? `new_${name}` : name,
      schema: member,
      required: required.has(wire),
    };
  });
}

/** @param {string} api @param {any} document @param {Components} components of it @returns {Operation[]} */
export function operationsOf(api, document, components) {
  const base = document.servers[0].url.replace(/\/$/, '');
  /** @type {Operation[]} */
  const operations = [];
  for (const [path, item] of Object.entries(document.paths))
    for (const [http, operation] of Object.entries(item)) {
      const parameters = parametersOf(operation);
      const inPath = parameters.filter((/** @type {any} */ one) => one.in === 'path').map(parameterOf);
      const asked = parameters.filter((/** @type {any} */ one) => one.in === 'query');
      const plain = asked.filter((/** @type {any} */ one) => !filter.test(one.name));
      const filterNames = new Set(asked.flatMap((/** @type {any} */ one) => filter.exec(one.name)?.[1] ?? []));
      const filters = new Map(
        asked
          .filter((/** @type {any} */ one) => filterNames.has(one.name))
          .map((/** @type {any} */ one) => [one.name, one.schema]),
      );
      const query = plain.filter((/** @type {any} */ one) => !filterNames.has(one.name)).map(parameterOf);
      const [status = '200', response] = Object.entries(operation.responses).find(([code]) => Number(code) < 400) ?? [];
      const content = Object.fromEntries(
        Object.entries(response?.content ?? {}).map(([type, { schema }]) => [type.split(';')[0], schema]),
      );
      const requested = components.resolve(operation.requestBody?.content?.['application/json']?.schema);
      const taken = new Set([...inPath, ...query].map((/** @type {Parameter} */ { name }) => name));
      const json = content['application/json'];
      operations.push({
        api,
        id: operation.operationId,
        tag: operation.tags[0],
        method: '',
        http: http.toUpperCase(),
        path: base + path,
        shownPath: path,
        summary: operation.summary ?? '',
        permission: operation['x-permission'] ?? '',
        open: Array.isArray(operation.security) && operation.security.length === 0,
        extension: operation['x-extension'] === true,
        inPath,
        query,
        filters: filters.size > 0 ? filters : undefined,
        body: bodyOf(requested, taken),
        bodyRequired: operation.requestBody?.required === true,
        hasBody: requested !== undefined,
        content,
        event: Object.values(response?.content ?? {})
          .map((media) => media['x-item-schema'])
          .find(Boolean),
        sent: requested ? operation.requestBody.content['application/json'].schema : undefined,
        status: Number(status),
        paging:
          http === 'get' && json
            ? pagingOf(components.resolve(unwrapped(json, api, components).schema), query)
            : undefined,
      });
    }
  for (const tag of new Set(operations.map((operation) => operation.tag))) {
    const own = operations.filter((operation) => operation.tag === tag);
    const names = methodNames(
      tag,
      own.map(({ id }) => id),
    );
    for (const operation of own) operation.method = names.get(operation.id) ?? operation.id;
  }
  return operations;
}

/**
 * The subject of an operation, for the names of its types: `getToolHistory` → `ToolHistory`; for one of several, `listServers` → `Server`.
 * @param {string} id
 */
export function subject(id, { one = false } = {}) {
  const [, ...rest] = wordsOf(id);
  const named = rest.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('');
  return one ? singular(named) : named;
}
