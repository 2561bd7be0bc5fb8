// The text of the generated files: types of inputs and results, and a class for each noun of an API.
import { wordsOf } from '../../names.mjs';
import { waits } from '../../waits.mjs';
import { camel, pascal } from './names.mjs';
import { comment, propertyName, remarks, typeOf } from './types.mjs';

/** @typedef {import('../../components.mjs').Components} Components */
/** @typedef {import('./operations.mjs').Operation} Operation */
/** @typedef {import('./types.mjs').Schema} Schema */

/** The first line of each file. */
export const HEAD =
  '// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.\n';

/** @param {string} name @param {Schema} schema @param {string} text @param {boolean} input */
function declaration(name, schema, text, input) {
  const type = typeOf(schema, { input });
  const isObject = schema.type === 'object' && type.startsWith('{');
  return `${comment(text, '')}export ${isObject ? 'interface' : 'type'} ${name} ${isObject ? '' : '= '}${type}${isObject ? '' : ';'}\n`;
}

/** @param {Operation} operation @returns {Schema} the query as one object */
function querySchema({ inQuery }) {
  return {
    type: 'object',
    properties: Object.fromEntries(inQuery.map(({ name, schema }) => [name, schema])),
    required: inQuery.filter(({ required }) => required).map(({ name }) => name),
  };
}

/** @param {ReadonlyMap<string, readonly Operation[]>} nouns @param {Components} components @returns {string} */
export function typesFile(nouns, components) {
  const operations = [...nouns.values()].flat();
  const sent = components.reachable(operations.flatMap((operation) => [querySchema(operation), operation.body ?? {}]));
  const parts = [HEAD];
  for (const [name, schema] of components.entries())
    parts.push(declaration(name, schema, schema.description ?? '', sent.has(name)));
  for (const operation of operations) {
    const { typeName, body, result, inQuery, documented, verb, path } = operation;
    const of = `${documented.summary}: \`${verb} ${path}\`.`;
    if (inQuery.length > 0) parts.push(declaration(`${typeName}Query`, querySchema(operation), `Query of ${of}`, true));
    if (body) parts.push(declaration(`${typeName}Body`, body, `Body of ${of}`, true));
    if (result) parts.push(declaration(`${typeName}Result`, result, `Answer of ${of}`, false));
  }
  return parts.join('\n');
}

/** @param {Operation} operation @returns {string} */
function resultType({ typeName, answer, result, orText }) {
  if (result) return `types.${typeName}Result${orText ? ' | string' : ''}`;
  if (answer === 'none') return 'void';
  if (answer === 'bytes') return 'ReadableStream<Uint8Array>';
  return answer === 'response' ? 'Response' : 'string';
}

/** @param {Operation} operation */
function argumentsOf(operation) {
  const { inPath, body, documented, inQuery, typeName } = operation;
  const names = inPath.map(({ name }) => camel(wordsOf(name)));
  const given = names.map((name) => `${name}: string`);
  const needsQuery = inQuery.some(({ required }) => required);
  // A required field has no default. A body without required fields may be left out if the document says so.
  if (body) given.push(`body${documented.requestBody?.required || needsQuery ? '' : '?'}: types.${typeName}Body`);
  if (inQuery.length > 0) given.push(`query${needsQuery ? '' : '?'}: types.${typeName}Query`);
  return {
    names,
    given,
    sent: `[${names.join(', ')}], ${body ? 'body' : 'undefined'}, ${inQuery.length > 0 ? 'query' : 'undefined'}`,
  };
}

/** @param {Operation} operation @param {string} [more] @returns {string} its doc comment */
function docOf({ documented, verb, path, inPath }, more = '') {
  const { summary, deprecated } = documented;
  const extra = /** @type {Readonly<Record<string, unknown>>} */ (/** @type {unknown} */ (documented));
  const permission = extra['x-permission'];
  const facts = [
    `\`${verb} ${path}\``,
    permission ? `permission \`${permission}\`` : 'public',
    ...(extra['x-extension'] ? ['extension'] : []),
  ];
  const params = inPath.flatMap(({ name, schema }) => {
    const text = remarks(schema);
    return text === '' ? [] : [`@param ${camel(wordsOf(name))} ${text}`];
  });
  const lines = [
    `${summary}${/[.!?]$/.test(summary) ? '' : '.'}`,
    ...(more === '' ? [] : [more]),
    '',
    facts.join(' · '),
    ...params,
  ];
  if (deprecated) lines.push(`@deprecated until ${extra['x-sunset']}`);
  return comment(lines.join('\n'), '  ');
}

/** @param {Operation} operation @param {string} api @returns {string} */
function methodsText(operation, api) {
  const { method, verb, path, answer, pages, stream, typeName, documented } = operation;
  const { names, given, sent } = argumentsOf(operation);
  const isPublic = /** @type {{ security?: readonly unknown[] }} */ (documented).security?.length === 0;
  const constant = `${typeName[0]?.toLowerCase()}${typeName.slice(1)}`;
  const options = 'options?: CallOptions';
  const members = [];
  if (stream?.kind !== 'events') {
    const params = [...given, options].join(', ');
    members.push(
      `${docOf(operation)}  ${method}(${params}): Promise<${resultType(operation)}> {\n` +
        `    return this.caller.call(operations.${constant}, ${sent}, options);\n  }\n`,
    );
  }
  if (pages) {
    const item = `types.${typeName}Result[${JSON.stringify(pages.items)}][number]`;
    const first = [...names.map((name) => `${name}: string`), `query: types.${typeName}Query = {}`, options].join(', ');
    members.push(
      `${docOf(operation, 'Iterates over the items of all pages, from the page that `query` names on.')}` +
        `  ${method}All(${first}): AsyncGenerator<${item}, void, undefined> {\n` +
        `    return allPages(query, ${JSON.stringify(pages.by)}, ${JSON.stringify(pages.items)}, (page) => this.${method}(${[...names, 'page', 'options'].join(', ')}));\n  }\n`,
    );
  }
  if (stream) members.push(streamText(operation, stream, given, sent));
  const descriptor = `  ${constant}: { id: '${api}.${operation.id}', verb: '${verb}', path: '${path}', answer: '${answer}'${operation.orText ? ', orText: true' : ''}${isPublic ? ', isPublic: true' : ''} },\n`;
  descriptors.push(descriptor);
  return members.join('\n');
}

/** @type {string[]} */
let descriptors = [];

/** @param {Operation} operation @param {NonNullable<Operation['stream']>} stream @param {readonly string[]} given @param {string} sent */
function streamText(operation, { kind, method, flag }, given, sent) {
  const { typeName, result } = operation;
  const constant = `operations.${typeName[0]?.toLowerCase()}${typeName.slice(1)}`;
  const event = operation.event ? `<types.${typeOf(operation.event, { input: false })}>` : '';
  const withFlag = flag === undefined ? '' : `, ${JSON.stringify(flag)}`;
  const text = {
    events: {
      type: `EventStream${event}`,
      options: 'EventStreamOptions',
      make: `new EventStream${event}`,
      more: 'A lost connection is taken up again where it broke.',
    },
    lines: {
      type: `Stream<types.${typeName}Result["logs"][number]>`,
      options: 'StreamOptions',
      make: 'followLines',
      more: 'As it goes on, entry by entry, until the stream is closed.',
    },
    text: {
      type: 'Stream<string>',
      options: 'StreamOptions',
      make: 'followText',
      more: 'As it goes on, line by line, until it ends or the stream is closed.',
    },
    call: {
      type: `Stream<CallEvent<types.${typeName}Result>>`,
      options: 'StreamOptions',
      make: 'callStream',
      more: 'Tells its progress and log messages as they come, then its result.',
    },
  }[kind];
  if (kind !== 'events' && kind !== 'text' && !result)
    throw new Error(`${operation.id} streams data that no schema describes`);
  // A flag goes with the query, which an operation that streams may not have otherwise.
  return (
    `${docOf(operation, text.more)}  ${method}(${[...given, `options?: ${text.options}`].join(', ')}): ${text.type} {\n` +
    `    return ${text.make}(this.caller, ${constant}, ${sent}, options${withFlag});\n  }\n`
  );
}

/** @param {string} api @param {string} noun @param {readonly Operation[]} list */
function waitText(api, noun, list) {
  const read = list.find(({ id }) => id === waits[api]?.[noun]);
  if (!read) return '';
  const doc = `Follows it until it has ended, and resolves with how it ended: look at its \`status\`. It is asked for by \`${read.method}\`, less often the longer it takes.`;
  return (
    `\n${comment(doc, '  ')}  wait(id: string, options?: WaitOptions<types.${read.typeName}Result>): Promise<types.${read.typeName}Result> {\n` +
    `    return waitUntilOver((callOptions) => this.${read.method}(id, callOptions), options);\n  }\n`
  );
}

/** @param {string} api @param {string} title @param {ReadonlyMap<string, readonly Operation[]>} nouns @returns {string} */
export function classesFile(api, title, nouns) {
  descriptors = [];
  const classes = [...nouns].map(([noun, list]) => {
    const body = list.map((operation) => methodsText(operation, api)).join('\n') + waitText(api, noun, list);
    const doc = `\`${camel(wordsOf(noun))}\` of the ${title} API.`;
    return `${comment(doc, '')}export class ${pascal(api)}${pascal(noun)} {\n  constructor(private readonly caller: Caller) {}\n\n${body}}\n`;
  });
  const members = [...nouns.keys()].map((noun) => ({
    name: propertyName(camel(wordsOf(noun))),
    type: `${pascal(api)}${pascal(noun)}`,
  }));
  const root =
    `${comment(`The ${title} API, noun by noun.`, '')}export class ${pascal(api)} {\n` +
    members.map(({ name, type }) => `  readonly ${name}: ${type};\n`).join('') +
    `\n  constructor(caller: Caller) {\n${members.map(({ name, type }) => `    this.${name} = new ${type}(caller);\n`).join('')}  }\n}\n`;
  const table = `const operations = {\n${descriptors.join('')}} as const satisfies Record<string, Operation>;\n`;
  const text = [...classes, root].join('\n');
  return `${HEAD}${importsFor(api, text)}\n${table}\n${text}`;
}

/** @param {string} api @param {string} text @returns {string} the imports that the text needs */
function importsFor(api, text) {
  /** @type {readonly (readonly [string, readonly string[], readonly string[]])[]} module, values, types */
  const modules = [
    ['../core/caller.js', [], ['Caller', 'CallOptions', 'Operation']],
    ['../core/event-stream.js', ['EventStream'], ['EventStreamOptions']],
    ['../core/pages.js', ['allPages'], []],
    ['../core/streams.js', ['callStream', 'followLines', 'followText'], ['CallEvent']],
    ['../core/stream.js', [], ['Stream', 'StreamOptions']],
    ['../core/wait.js', ['waitUntilOver'], ['WaitOptions']],
  ];
  const used = (/** @type {string} */ name) => new RegExp(`\\b${name}\\b`).test(text) || name === 'Operation';
  const lines = modules.flatMap(([from, values, types]) => {
    const names = [...values.filter(used), ...types.filter(used).map((name) => `type ${name}`)];
    if (names.length === 0) return [];
    const onlyTypes = values.filter(used).length === 0;
    return [
      `import ${onlyTypes ? 'type ' : ''}{ ${names.map((name) => (onlyTypes ? name.replace('type ', '') : name)).join(', ')} } from '${from}';\n`,
    ];
  });
  return `${lines.join('')}import type * as types from './${api}.types.js';\n`;
}
