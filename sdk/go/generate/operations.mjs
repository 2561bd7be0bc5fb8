// The facts about operations in the API documents that a client needs.
import { parametersOf } from '../../components.mjs';
import { methodsOf } from '../../names.mjs';
import { exported, local } from './names.mjs';
import { shapeOf } from './shapes.mjs';

/** @typedef {import('./shapes.mjs').Schema} Schema */
/** @typedef {import('./shapes.mjs').Shape} Shape */
/** @typedef {import('./shapes.mjs').Components} Components */
/**
 * @typedef {object} Operation
 * @property {string} id @property {string} base the id as a Go name @property {string} method the Go method @property {string} noun the Go noun
 * @property {string} tag @property {string} verb GET, … @property {string} path with `{name}` for parameters, from the hub's root @property {string} summary
 * @property {boolean} isExtension @property {boolean} isPublic whether the hub asks for no credential
 * @property {readonly { name: string, go: string, text: string }[]} pathParameters
 * @property {readonly Schema[]} query parameters @property {boolean} hasFilters whether it takes `field[operator]` @property {readonly string[]} filterFields
 * @property {{ schema: Schema, required: boolean } | undefined} body
 * @property {Answer} answer @property {readonly string[]} streams other content types of the answer
 * @property {string | undefined} event the Go type of a stream's events
 */
/**
 * The result of a call: nothing, the target of a redirection, a text, a body to read, or JSON unwrapped from its envelope.
 * @typedef {{ kind: 'nothing' } | { kind: 'location' } | { kind: 'text' } | { kind: 'body' } | { kind: 'json', shape: Shape, unwrap: string }} Answer
 */

const textTypes = /^text\/(?:plain|html)/;

/** Media types of answers that are asked for by `format`. @type {Readonly<Record<string, string>>} */
export const formats = { 'application/yaml': 'yaml', 'text/csv': 'csv' };

/** The members that an envelope's `metadata` always has. */
const plainMetadata = new Set(['timestamp', 'request_id', 'version']);

/** @param {Schema} whole schema of the answer @param {Components} components @returns {Answer} */
function unwrapped(whole, components) {
  const { data, metadata, success, status, message } = components.resolve(whole).properties ?? {};
  const json = (/** @type {Schema} */ schema, unwrap = '') =>
    /** @type {const} */ ({ kind: 'json', shape: shapeOf(schema, components), unwrap });
  const isEnveloped = success?.const === true || (status?.const === 'success' && data);
  if (!isEnveloped) return json(whole);
  if (!data && message) return json({ type: 'object', required: ['message'], properties: { message } });
  const more = Object.keys(components.resolve(metadata)?.properties ?? {}).some((name) => !plainMetadata.has(name));
  if (!more) return json(data, 'data');
  return json({ type: 'object', required: ['data', 'metadata'], properties: { data, metadata } });
}

/** @param {Schema} operation @param {Components} components @returns {{ answer: Answer, streams: string[] }} */
function answerOf(operation, components) {
  const [status, response] = Object.entries(operation.responses).find(([code]) => code < '400') ?? ['204', {}];
  if (status.startsWith('3')) return { answer: { kind: 'location' }, streams: [] };
  const content = Object.entries(/** @type {Record<string, Schema>} */ (response.content ?? {}));
  if (content.length === 0) return { answer: { kind: 'nothing' }, streams: [] };
  const json = content.find(([type, { schema }]) => type === 'application/json' && schema?.type !== 'string');
  const others = content.map(([type]) => type.replace(/;.*/, '')).filter((type) => type !== 'application/json');
  if (json) return { answer: unwrapped(json[1].schema, components), streams: others };
  if (others.length === 1 && content.length === 1) {
    if (others[0] === 'text/event-stream') return { answer: { kind: 'nothing' }, streams: others };
    if (textTypes.test(others[0] ?? '')) return { answer: { kind: 'text' }, streams: [] };
  }
  return { answer: { kind: 'body' }, streams: [] };
}

/** @param {Schema} operation @param {Components} components */
function eventOf(operation, components) {
  const media = /** @type {Schema[]} */ (Object.values(operation.responses)).flatMap(({ content = {} }) =>
    Object.values(content),
  );
  const schema = media.map((one) => one['x-item-schema']).find((one) => one !== undefined);
  return schema && shapeOf(schema, components).name;
}

/**
 * The operations of one API, by noun.
 * @param {Schema} document OpenAPI @param {Components} components of it @returns {Map<string, Operation[]>}
 */
export function operationsOf(document, components) {
  const base = document.servers[0].url.replace(/\/$/, '');
  /** @type {Map<string, { verb: string, path: string, operation: Schema, shared: Schema[] }[]>} */
  const tags = new Map();
  for (const [path, item] of Object.entries(document.paths))
    for (const [verb, operation] of Object.entries(/** @type {Record<string, Schema>} */ (item))) {
      const [tag] = operation.tags;
      tags.set(tag, [...(tags.get(tag) ?? []), { verb, path, operation, shared: [] }]);
    }
  return new Map(
    [...tags].map(([tag, found]) => {
      const ids = found.map(({ operation }) => operation.operationId);
      const names = new Map([...methodsOf(tag, ids)].map(([id, words]) => [id, words.join(' ')]));
      return [
        tag,
        found.map(({ verb, path, operation }) => read(tag, names, verb, base + path, operation, components)),
      ];
    }),
  );
}

/** @param {string} tag @param {Map<string, string>} names @param {string} verb @param {string} path @param {Schema} operation @param {Components} components @returns {Operation} */
function read(tag, names, verb, path, operation, components) {
  const id = operation.operationId;
  const parameters = /** @type {Schema[]} */ (parametersOf(operation));
  const [content] = Object.values(operation.requestBody?.content ?? {});
  // `field[operator]`; `match[]` is a name that may be repeated.
  const isFilter = (/** @type {Schema} */ { in: place, name }) => place === 'query' && /\[\w/.test(name);
  const filters = parameters.filter(isFilter);
  const { answer, streams } = answerOf(operation, components);
  // A parameter that chooses between a method and its stream is no parameter of either.
  const isChoice = (/** @type {string} */ name) =>
    (name === 'stream' && streams.includes('text/event-stream')) ||
    (name === 'follow' && streams.includes('text/plain')) ||
    (name === 'format' && streams.some((type) => type in formats));
  const isQuery = (/** @type {Schema} */ parameter) =>
    parameter.in === 'query' && !isFilter(parameter) && !isChoice(parameter.name);
  return {
    id,
    base: exported(id),
    method: exported(names.get(id) ?? id),
    noun: `${exported(tag)}API`,
    tag,
    verb: verb.toUpperCase(),
    path,
    summary: operation.summary ?? '',
    isExtension: operation['x-extension'] === true,
    isPublic: operation.security?.length === 0,
    pathParameters: parameters
      .filter(({ in: place }) => place === 'path')
      .map(({ name, schema }) => ({ name, go: local(name), text: schema.description ?? '' })),
    query: parameters.filter(isQuery),
    hasFilters: filters.length > 0,
    filterFields: [...new Set(filters.map(({ name }) => name.replace(/\[.*/, '')))],
    body: content ? { schema: content.schema, required: operation.requestBody.required === true } : undefined,
    answer,
    streams,
    event: eventOf(operation, components),
  };
}

/**
 * The one list of things that an answer has, if it has one.
 * @param {Shape} shape @returns {{ field: string, item: Shape } | undefined} `field` is empty where the answer is the list
 */
export function listOf(shape) {
  const isThings = (/** @type {Shape} */ { kind, of }) => kind === 'list' && of?.kind === 'object';
  if (isThings(shape) && shape.of) return { field: '', item: shape.of };
  const [first, ...rest] = (shape.members ?? []).filter((member) => isThings(member.shape));
  return first?.shape.of && rest.length === 0 ? { field: first.name, item: first.shape.of } : undefined;
}

/** How an operation is paged: the parameter that says where a page begins, and how to know of a next one. @param {Operation} operation */
export function pagingOf({ query, answer }) {
  if (answer.kind !== 'json') return undefined;
  const list = listOf(answer.shape);
  const start = ['offset', 'skip', 'page'].find((name) => query.some((parameter) => parameter.name === name));
  if (!list || !start) return undefined;
  const members = new Map((answer.shape.members ?? []).map((member) => [member.name, member.shape]));
  const has = (/** @type {string} */ name, /** @type {string} */ member) =>
    members.get(name)?.members?.some((own) => own.name === member) === true;
  const count = `int64(len(result.${exported(list.field)}))`;
  const next = start === 'page' ? 'at + 1' : `at + ${count}`;
  let more = `${count} > 0 && at+${count} < result.Total`;
  if (has('pagination', 'has_more')) more = 'result.Pagination.HasMore';
  if (has('pagination', 'has_next')) more = 'result.Pagination.HasNext';
  if (has('metadata', 'pages')) more = 'result.Metadata.Page < result.Metadata.Pages';
  // A total that is a lower bound says nothing of the end.
  if (members.has('totalIsExact')) more = `${count} > 0 && (!result.TotalIsExact || at+${count} < result.Total)`;
  return { start: exported(start), first: start === 'page' ? 1 : 0, field: exported(list.field), next, more };
}
