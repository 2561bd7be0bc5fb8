// The facts about each operation that a client needs, read from an OpenAPI document of the hub.
import { Components, parametersOf } from '../../components.mjs';
import { wordsOf } from '../../names.mjs';
import { methodsOf, pascal } from './names.mjs';

/** @typedef {import('./types.mjs').Schema} Schema */
/** @typedef {{ readonly name: string, readonly in: 'path' | 'query', readonly required?: boolean, readonly schema: Schema }} Parameter */
/**
 * @typedef {object} Documented an operation as OpenAPI has it
 * @property {string} operationId
 * @property {string} summary
 * @property {readonly string[]} tags
 * @property {boolean} [deprecated]
 * @property {readonly Parameter[]} [parameters]
 * @property {{ required: boolean, content: Readonly<Record<string, { schema: Schema }>> }} [requestBody]
 * @property {Readonly<Record<string, { content?: Readonly<Record<string, { schema: Schema, 'x-item-schema'?: Schema }>> }>>} responses
 */
/** @typedef {{ info: { title: string }, servers: { url: string }[], paths: Readonly<Record<string, Readonly<Record<string, Documented>>>> }} Document */

/**
 * How an answer is read: `data`, the member `data`; `page`, that with its `metadata`; `rest`, the answer without its envelope;
 * `body`, the answer as it is; `none`; `location`, where it redirects to; `text`; `bytes`; `response`, left to the caller.
 * @typedef {'data' | 'page' | 'rest' | 'body' | 'none' | 'location' | 'text' | 'bytes' | 'response'} Answer
 */
/**
 * @typedef {object} Operation
 * @property {string} id operationId
 * @property {string} noun
 * @property {string} method name of the client's method
 * @property {string} verb of HTTP
 * @property {string} path with the API's base
 * @property {string} typeName
 * @property {Documented} documented
 * @property {Answer} answer
 * @property {Schema | undefined} result
 * @property {boolean} orText the answer may be text instead, if another format is asked for
 * @property {readonly Parameter[]} inPath
 * @property {readonly Parameter[]} inQuery
 * @property {Schema | undefined} body
 * @property {{ by: 'page' | 'offset' | 'skip', items: string } | undefined} pages
 * @property {Schema | undefined} event the data of a stream's events
 * @property {{ kind: 'events' | 'lines' | 'text' | 'call', method: string, flag: string | undefined } | undefined} stream
 */

/** The envelope's own fields, apart from the data. */
const envelopes = new Set(['success', 'status', 'timestamp', 'metadata']);

/** @param {Schema} schema @param {string} api @param {Components} components @returns {{ answer: Answer, result: Schema }} */
function unwrapped(schema, api, components) {
  const { properties = {} } = components.resolve(schema);
  const { success, status, data, metadata } = properties;
  const isWrapped = api !== 'portal' && api !== 'backend' && (success?.const === true || status?.const === 'success');
  if (!isWrapped) return { answer: 'body', result: schema };
  if (data && metadata && components.resolve(metadata).properties?.total) {
    const page = { type: 'object', required: ['data', 'metadata'], properties: { data, metadata } };
    return { answer: 'page', result: page };
  }
  if (data) return { answer: 'data', result: data };
  const rest = Object.fromEntries(Object.entries(properties).filter(([name]) => !envelopes.has(name)));
  return { answer: 'rest', result: { type: 'object', required: Object.keys(rest), properties: rest } };
}

/** @param {Documented} documented @param {string} api @param {Components} components */
function answerOf({ operationId, responses }, api, components) {
  const [[status, { content = {} }] = ['', {}]] = Object.entries(responses).filter(([code]) => /^[23]/.test(code));
  const types = Object.keys(content);
  const schema = content['application/json']?.schema;
  const others = types.filter((type) => type !== 'application/json');
  if (status === '302') return { answer: /** @type {const} */ ('location'), result: undefined, others };
  if (types.length === 0) return { answer: /** @type {const} */ ('none'), result: undefined, others };
  if (api === 'mcp' && others.length > 0)
    return { answer: /** @type {const} */ ('response'), result: undefined, others };
  if (schema && schema.type !== 'string') return { ...unwrapped(schema, api, components), others };
  if (others[0] === 'application/octet-stream')
    return { answer: /** @type {const} */ ('bytes'), result: undefined, others };
  if (types.every((type) => /^text\/|json$/.test(type)))
    return { answer: /** @type {const} */ ('text'), result: undefined, others };
  throw new Error(`${api} ${operationId}: no way is known to read ${types.join(', ')}`);
}

/** @param {Schema | undefined} result resolved @param {readonly Parameter[]} inQuery @param {Answer} answer @returns {Operation['pages']} */
function pagesOf(result, inQuery, answer) {
  const by = /** @type {const} */ (['page', 'offset', 'skip']).find((name) =>
    inQuery.some((parameter) => parameter.name === name),
  );
  if (by === undefined || !inQuery.some(({ name }) => name === 'limit') || !result) return undefined;
  if (answer === 'page') return { by, items: 'data' };
  const lists = Object.entries(result.properties ?? {}).filter(([, { type }]) => type === 'array');
  const [list] = lists;
  if (!list || lists.length > 1) throw new Error(`a page has one list, not ${lists.length}`);
  return { by, items: list[0] };
}

/** @param {string} method such as `getLogs` @param {string} verb such as `follow` @returns {string} such as `followLogs` */
function withVerb(method, verb) {
  const [first = '', ...rest] = wordsOf(method);
  return rest.length === 0 ? `${first.toLowerCase()}${pascal(verb)}` : `${verb}${pascal(rest.join(' '))}`;
}

/** @param {string} method @param {readonly string[]} others @param {readonly Parameter[]} inQuery @returns {Operation['stream']} */
function streamOf(method, others, inQuery) {
  const has = (/** @type {string} */ name) => inQuery.some((parameter) => parameter.name === name);
  if (has('follow'))
    return {
      kind: others.includes('text/plain') ? 'text' : 'lines',
      method: withVerb(method, 'follow'),
      flag: 'follow',
    };
  if (!others.includes('text/event-stream')) return undefined;
  if (has('stream')) return { kind: 'call', method: `${method}Stream`, flag: 'stream' };
  return { kind: 'events', method, flag: undefined };
}

/** @param {string} api @param {Document} document @param {Components} components of it @returns {Map<string, Operation[]>} noun → its operations */
export function operationsOf(api, document, components) {
  const base = document.servers[0]?.url.replace(/\/$/, '') ?? '';
  /** @type {Map<string, { verb: string, path: string, documented: Documented }[]>} */
  const byNoun = new Map();
  for (const [path, verbs] of Object.entries(document.paths))
    for (const [verb, documented] of Object.entries(verbs)) {
      const noun = documented.tags[0] ?? '';
      byNoun.set(noun, [...(byNoun.get(noun) ?? []), { verb: verb.toUpperCase(), path: base + path, documented }]);
    }
  const nouns = [...byNoun].map(([noun, list]) => {
    const names = methodsOf(
      noun,
      list.map(({ documented }) => documented.operationId),
    );
    const made = list.map((entry) =>
      operation(api, noun, names.get(entry.documented.operationId) ?? '', entry, components),
    );
    return /** @type {const} */ ([noun, made]);
  });
  return new Map(nouns);
}

/**
 * @param {string} api @param {string} noun @param {string} method
 * @param {{ verb: string, path: string, documented: Documented }} entry
 * @param {Components} components
 * @returns {Operation}
 */
function operation(api, noun, method, { verb, path, documented }, components) {
  const { operationId, requestBody } = documented;
  const parameters = /** @type {Parameter[]} */ (parametersOf(documented));
  const isStream = Object.values(documented.responses).some(
    ({ content }) => content !== undefined && Object.keys(content).join() === 'text/event-stream',
  );
  const { answer, result, others } = isStream
    ? { answer: /** @type {const} */ ('response'), result: undefined, others: ['text/event-stream'] }
    : answerOf(documented, api, components);
  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  const stream = api === 'mcp' ? undefined : streamOf(method, others, inQuery);
  // A ticket stands for the credential where that cannot be sent: here it can.
  const shown = inQuery.filter(
    ({ name }) => name !== stream?.flag && !(stream?.kind === 'events' && name === 'ticket'),
  );
  return {
    id: operationId,
    noun,
    method,
    verb,
    path,
    typeName: pascal(operationId),
    documented,
    answer,
    result,
    orText: (answer === 'body' || answer === 'data') && stream === undefined && others.length > 0,
    inPath: [...path.matchAll(/\{([^{}]+)\}/g)].flatMap(([, name]) =>
      parameters.filter((at) => at.in === 'path' && at.name === name),
    ),
    inQuery: shown,
    body: requestBody?.content['application/json']?.schema,
    pages: pagesOf(components.resolve(result), inQuery, answer),
    event: Object.values(documented.responses).flatMap(({ content = {} }) =>
      Object.values(content).flatMap((media) => media['x-item-schema'] ?? []),
    )[0],
    stream,
  };
}
