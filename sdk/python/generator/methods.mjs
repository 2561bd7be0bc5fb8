// Writes an operation as methods: one for its answer, and one for its stream if it has one; for threads and for asyncio.
import { docComment, pascal, quoted, snake } from './names.mjs';
import { subject, unwrapped } from './operations.mjs';
import { isNullable } from './types.mjs';

/** @typedef {import('./operations.mjs').Operation} Operation */
/** @typedef {import('./operations.mjs').Parameter} Parameter */
/** @typedef {import('./types.mjs').Types} Types */
/**
 * A method: its arguments, its result, and the function of the transport that does the work.
 * @typedef {object} Method
 * @property {string} name
 * @property {'call' | 'page' | 'events' | 'answer_stream' | 'lines' | 'bytes'} by
 * @property {string} result Python's type, of one item of a page or stream
 * @property {string} unwrap
 * @property {Parameter[]} query
 * @property {Record<string, string>} fixed query that belongs to the method
 * @property {{ name: string, json: string, text: string[] } | undefined} [formats] the parameter that says whether text is answered
 * @property {string} [note]
 */

/** The query parameter that asks for a stream, by the media type of the stream. */
const asksFor = { 'text/event-stream': 'stream', 'application/x-ndjson': 'follow', 'text/plain': 'follow' };

/** Puts the names of an API's types behind `t.`. @param {string} type @param {Types} types */
export function qualified(type, types) {
  const names = new Set(types.names);
  return type.replace(/"[^"]*"|\b[A-Za-z_]\w*/g, (word) => (names.has(word) ? `t.${word}` : word));
}

/** @param {Operation} operation @param {Types} types @returns {Method[]} */
export function methodsOf(operation, types) {
  const { content, query, method: name, id, status } = operation;
  const media = Object.keys(content);
  const json = content['application/json'];
  /** @type {Method} */
  const plain = { name, by: 'call', result: 'None', unwrap: 'none', query, fixed: {} };
  if (status === 302)
    return [
      { ...plain, result: 'str', unwrap: 'location', note: 'Gives the address that it answers with (`Location`).' },
    ];
  if (media.length === 0) return [plain];
  if (!json) {
    // A ticket is for clients that cannot send a header, and good for one connection only.
    const events = {
      ...plain,
      query: query.filter(({ wire }) => wire !== 'ticket'),
      result: operation.event ? qualified(types.of(operation.event, '', 'out'), types) : 'Event',
    };
    if (media.includes('text/event-stream')) return [{ ...events, by: 'events' }];
    if (media.includes('application/octet-stream')) return [{ ...plain, by: 'bytes', result: 'bytes' }];
    return [{ ...plain, result: 'str', unwrap: 'text' }];
  }
  const { unwrap, schema } = unwrapped(json, operation.api, types.components);
  const typeOf = () => qualified(resultType(id, types, schema), types);
  const other = media.find((type) => type !== 'application/json');
  if (!other) {
    if (!operation.paging) return [{ ...plain, result: typeOf(), unwrap }];
    const { items } = operation.paging;
    const list = types.components.resolve(schema);
    const item = (items === '' ? list : list.properties[items]).items ?? {};
    return [
      { ...plain, by: 'page', result: qualified(types.of(item, subject(id, { one: true }), 'out'), types), unwrap },
    ];
  }
  const switched = asksFor[/** @type {keyof typeof asksFor} */ (other)];
  const format = query.find((one) => one.wire === 'format');
  if (!switched && format) {
    const values = /** @type {string[]} */ (types.components.resolve(format.schema).enum);
    const result = json.type === 'string' ? 'Any' : typeOf();
    const formats = { name: format.name, json: result, text: values.filter((value) => value !== 'json') };
    return [
      { ...plain, result: `Union[${result}, str]`, unwrap: json.type === 'string' ? 'formatted' : unwrap, formats },
    ];
  }
  const rest = query.filter((one) => one.wire !== switched);
  const fixed = { [switched]: 'true' };
  const streamed = `${name}_stream`;
  const events = other === 'text/event-stream';
  const result = events ? 'Event' : other === 'application/x-ndjson' ? 'Dict[str, Any]' : 'str';
  return [
    { ...plain, result: typeOf(), unwrap, query: rest },
    {
      ...plain,
      name: streamed,
      by: events ? 'answer_stream' : 'lines',
      result,
      unwrap,
      query: rest,
      fixed,
      note: streamNotes[result],
    },
  ];
}

/** @type {Readonly<Record<string, string>>} */
const streamNotes = {
  Event: 'As a stream: events as they come, the last of type `result` with what the plain method returns.',
  str: 'Follows it: a stream of lines, until it is closed.',
  'Dict[str, Any]': 'Follows it: a stream of entries, until it is closed.',
};

/** @param {string} id @param {Types} types @param {any} schema */
function resultType(id, types, schema) {
  if (schema.type === 'array') return `List[${types.of(schema.items ?? {}, subject(id, { one: true }), 'out')}]`;
  const short = /^(?:get|list)[A-Z]/.test(id) ? subject(id) : '';
  return types.of(schema, short || `${id[0]?.toUpperCase()}${id.slice(1)}Result`, 'out');
}

/** The operation's constant, which the methods hand to the transport. @param {Operation} operation @param {Method} method */
export function constantText(operation, method) {
  const { api, id, http, path, open, body, bodyRequired, hasBody, paging } = operation;
  const args = [api, id, http, path].map(quoted);
  args.push(`unwrap=${quoted(method.unwrap)}`);
  if (open) args.push('open=True');
  if (hasBody) args.push(`body=${quoted(bodyRequired ? 'required' : 'optional')}`);
  const nullable = body.filter(({ schema }) => isNullable(schema)).map(({ wire }) => quoted(wire));
  if (nullable.length > 0) args.push(`nullable=frozenset([${nullable.join(', ')}])`);
  if (method.by === 'events' && operation.inPath.length > 0) args.push('finite=True');
  if (paging) args.push(`paging=Paging(${quoted(paging.style)}, ${quoted(paging.items)})`);
  return `${constantName(operation)}: Operation[${method.result}] = Operation(\n    ${args.join(',\n    ')},\n)\n`;
}

/** @param {Operation} operation */
export const constantName = ({ id }) => `_${snake(id).toUpperCase().replace(/_$/, '')}`;

/** @param {Parameter} parameter @param {Types} types @param {string} owner */
function typed({ schema, wire, required, name }, types, owner) {
  const several = schema.type === 'string' && /comma-separated/i.test(schema.description ?? '');
  const items = schema['x-items'] ? qualified(types.of(schema['x-items'], '', 'in'), types) : 'str';
  const type = several
    ? `Union[str, Sequence[${items}]]`
    : qualified(types.of(schema, owner + pascal(wire), 'in'), types);
  if (required) return `${name}: ${type}`;
  if (isNullable(schema)) return `${name}: Union[${type}, Omit] = OMIT`;
  return `${name}: ${type.startsWith('Optional[') || type === 'Any' ? type : `Optional[${type}]`} = None`;
}

/** @param {Operation} operation @param {Method} method @param {Types} types @param {boolean} isAsync */
export function methodText(operation, method, types, isAsync) {
  const { inPath, body, id, filters } = operation;
  const owner = id[0]?.toUpperCase() + id.slice(1);
  const named = [...method.query, ...body].sort((a, b) => Number(b.required) - Number(a.required));
  const filterType = filters
    ? qualified(
        types.add(
          `${owner}Filters`,
          [...filters.keys()].map((wire) => ({ wire, type: 'NotRequired[Filter]', doc: '' })),
        ),
        types,
      )
    : '';
  const options = [
    ...named.map((one) => typed(one, types, owner)),
    ...(filters ? [`filters: Optional[${filterType}] = None`] : []),
  ];
  const given = [
    'self',
    ...inPath.map((one) => typed({ ...one, required: true }, types, owner)),
    '*',
    ...options,
    'request_timeout: Optional[float] = None',
  ];
  const { kind, result, prefix } = shapeOf(method, isAsync);
  const call = [
    constantName(operation),
    ...(inPath.length > 0 ? [`path={${pairs(inPath)}}`] : []),
    ...(method.query.length + Object.keys(method.fixed).length > 0
      ? [
          `query={${[pairs(method.query), ...Object.entries(method.fixed).map(([wire, value]) => `${quoted(wire)}: ${quoted(value)}`)].filter(Boolean).join(', ')}}`,
        ]
      : []),
    ...(filters ? ['filters=filters'] : []),
    ...(operation.hasBody ? [`body={${pairs(body)}}`] : []),
    'timeout=request_timeout',
  ];
  const define = (/** @type {string[]} */ parameters, /** @type {string} */ type) =>
    `    ${kind} ${method.name}(\n${parameters.map((one) => `        ${one},\n`).join('')}    ) -> ${type}:`;
  const overloads = method.formats ? overloadTexts(method.formats, given, define) : '';
  const text = `${define(given, result)}\n${docOf(operation, method, named)}        return ${prefix}self._hub.${method.by}(\n${call.map((one) => `            ${one},\n`).join('')}        )\n`;
  return overloads + text;
}

/** @param {readonly Parameter[]} parameters */
const pairs = (parameters) => parameters.map(({ wire, name }) => `${quoted(wire)}: ${name}`).join(', ');

/** @param {Method} method @param {boolean} isAsync */
function shapeOf({ by, result }, isAsync) {
  const a = isAsync ? 'Async' : '';
  const waits = isAsync && (by === 'call' || by === 'page');
  const types = {
    call: result,
    page: `${a}Page[${result}]`,
    events: `${a}EventStream[${result}]`,
    answer_stream: `${a}AnswerStream`,
    lines: `${a}LineStream[${result}]`,
    bytes: `${a}ByteStream`,
  };
  return { kind: waits ? 'async def' : 'def', result: types[by], prefix: waits ? 'await ' : '' };
}

/**
 * @param {NonNullable<Method['formats']>} formats
 * @param {string[]} given
 * @param {(parameters: string[], type: string) => string} define
 */
function overloadTexts({ name, json, text }, given, define) {
  const without = (/** @type {string} */ replacement) =>
    given.map((one) => (one.startsWith(`${name}:`) ? replacement : one));
  const texts = `Literal[${text.map(quoted).join(', ')}]`;
  return `    @overload\n${define(without(`${name}: ${texts}`), 'str')} ...\n    @overload\n${define(without(`${name}: Optional[Literal["json"]] = None`), json)} ...\n`;
}

/** @param {Operation} operation @param {Method} method @param {readonly Parameter[]} named */
function docOf({ summary, http, shownPath, permission, extension, inPath, filters }, { note, by }, named) {
  const lines = [`${summary.replace(/\.$/, '')}.`, ''];
  if (note) lines.push(note, '');
  if (by === 'page') lines.push('A list of the first page; `.all()` goes through all of them.', '');
  lines.push(
    `\`${http} ${shownPath}\`${permission ? `; permission \`${permission}\`` : ''}${extension ? ' (extension)' : ''}`,
  );
  const described = [...inPath, ...named].filter(({ schema }) => schema.description);
  if (described.length > 0 || filters) lines.push('', 'Args:');
  for (const { name, schema } of described)
    lines.push(`    ${name}: ${String(schema.description).replaceAll('\n', ' ')}`);
  if (filters) lines.push('    filters: By field: a value, or comparisons such as `{"in": ["a", "b"]}`.');
  return docComment(lines, '        ');
}
