// The Go methods of operations.
import { comment } from './comment.mjs';
import { exported } from './names.mjs';
import { formats, listOf, pagingOf } from './operations.mjs';
import { shapeOf } from './shapes.mjs';
import { fieldLines } from './types.mjs';

/** @typedef {import('./operations.mjs').Operation} Operation */
/** @typedef {import('./types.mjs').Types} Types */

/** Operations whose stream says itself when it has ended. */
const finals = new Map([['streamWorkflowRun', 'rest.RunIsOver']]);

/** @param {Operation} operation @param {Types} types @returns {string} the Go type of its result */
function resultOf(operation, types) {
  const { answer, base } = operation;
  if (answer.kind !== 'json') return '';
  const about = `the response of ${operation.noun}.${operation.method}`;
  const { shape } = answer;
  const only = shape.members?.length === 1 ? shape.members[0] : undefined;
  if (only?.name === 'message' && only.shape.kind === 'string') return '*rest.Message';
  const name = `${base}Response`;
  const type = types.type(shape, name, about, 'response');
  if (shape.kind !== 'object' && shape.kind !== 'union') return type;
  if (type !== name && types.isFree(name)) {
    types.claim(name);
    types.declare(`${comment(`${name} is ${about}.`)}type ${name} = ${type}\n`);
  }
  return `*${type}`;
}

/** The type of the items that an operation lists. @param {Operation} operation @param {Types} types */
function itemOf(operation, types) {
  const { answer, base, noun, method } = operation;
  const list = answer.kind === 'json' ? listOf(answer.shape) : undefined;
  return list && types.type(list.item, base, `an item of ${noun}.${method}`, 'response');
}

/** The struct of an operation's query parameters. @param {Operation} operation @param {Types} types */
function paramsOf({ base, noun, method, query, hasFilters, filterFields }, types) {
  if (query.length === 0) return undefined;
  const name = types.claim(`${base}Params`);
  const about = `the parameters of ${noun}.${method}`;
  const fields = query.map((parameter) => {
    const shape = shapeOf(parameter.schema, types.components);
    const field = exported(parameter.name);
    const go = types.type(shape, `${base}${field}`, `the value of ${name}.${field}`, 'request');
    const texts = [parameter.schema.description, defaultOf(parameter.schema)].filter(Boolean);
    const text = texts.map((part) => `${part.replace(/\s+/g, ' ').replace(/\.$/, '')}.`).join(' ');
    return {
      name: field,
      go: parameter.required || shape.kind === 'list' ? go : `*${go}`,
      tag: `query:"${parameter.name}"`,
      text,
    };
  });
  if (hasFilters) {
    const text = `Conditions on fields: ${filterFields.join(', ')}.`;
    fields.push({ name: 'Filters', go: '[]rest.Filter', tag: 'query:"*"', text });
  }
  types.declare(`${comment(`${name} is ${about}.`)}type ${name} struct {\n${fieldLines(fields)}\n}\n`);
  return { name, required: query.some((parameter) => parameter.required) };
}

/** @param {import('./shapes.mjs').Schema} schema */
function defaultOf(schema) {
  return schema.default === undefined ? undefined : `Default: ${JSON.stringify(schema.default)}`;
}

/** @param {Operation} operation @param {Types} types */
function bodyOf({ base, noun, method, body }, types) {
  if (!body) return undefined;
  const name = types.ofSchema(body.schema, `${base}Body`, `the body of ${noun}.${method}`, 'request');
  if (name === 'any') return { name, required: body.required };
  if (name !== `${base}Body` && types.isFree(`${base}Body`)) {
    types.claim(`${base}Body`);
    types.declare(`// ${base}Body is the body of ${noun}.${method}.\ntype ${base}Body = ${name}\n`);
  }
  return { name, required: body.required };
}

/**
 * The declarations of an operation's methods.
 * @param {Operation} operation @param {Types} types
 */
export function methodsOf(operation, types) {
  const params = paramsOf(operation, types);
  const body = bodyOf(operation, types);
  const result = resultOf(operation, types);
  const bare = (/** @type {string} */ name, /** @type {boolean} */ required) => (required ? name : `*${name}`);
  const signature = [
    'ctx context.Context',
    ...(operation.pathParameters.length ? [`${operation.pathParameters.map(({ go }) => go).join(', ')} string`] : []),
    ...(body ? [`body ${bare(body.name, body.required || body.name === 'any')}`] : []),
    ...(params ? [`params ${bare(params.name, params.required)}`] : []),
    'opts ...rest.Option',
  ].join(', ');
  const request = [
    `Method: "${operation.verb}", Path: "${operation.path}"`,
    ...(operation.pathParameters.length
      ? [`Args: []string{${operation.pathParameters.map(({ go }) => go).join(', ')}}`]
      : []),
    ...(params ? ['Query: params'] : []),
    ...(body ? ['Body: body'] : []),
    ...(operation.isPublic ? ['Anonymous: true'] : []),
    ...(operation.answer.kind === 'json' && operation.answer.unwrap ? [`Unwrap: "${operation.answer.unwrap}"`] : []),
  ].join(', ');
  const context = { operation, signature, request, params, item: itemOf(operation, types), result };
  const methods = [main(context), ...operation.streams.map((type) => stream(context, type)), pages(context)];
  return methods.filter((method) => method !== '');
}

/** @typedef {{ operation: Operation, signature: string, request: string, params: { name: string, required: boolean } | undefined, item: string | undefined, result: string }} Context */

/** @param {Operation} operation @param {string} name @param {string} [more] */
function head({ summary, verb, path, pathParameters, isExtension }, name, more = '') {
  const text = summary.replace(/\.$/, '');
  const described = pathParameters.filter((parameter) => parameter.text !== '');
  const notes = described.map((parameter) => ` ${parameter.go}: ${parameter.text.replace(/\.$/, '')}.`).join('');
  const extension = isExtension ? ' The API’s document does not have it.' : '';
  return comment(`${name}: ${text}.${more === '' ? '' : ` ${more}`}${notes}${extension}\n\n\t${verb} ${path}`);
}

/** @param {Context} context */
function main({ operation, signature, request, result }) {
  const { answer, noun, method } = operation;
  const begin = (/** @type {string} */ gives) =>
    `${head(operation, method)}func (api *${noun}) ${method}(${signature}) ${gives} {\n`;
  const call = `ctx, api.client, rest.Request{${request}}, opts`;
  switch (answer.kind) {
    case 'json':
      return `${begin(`(${result}, error)`)}\treturn rest.JSON[${result}](${call})\n}\n`;
    case 'text':
      return `${begin('(string, error)')}\treturn rest.Text(${call})\n}\n`;
    case 'location':
      return `${begin('(string, error)')}\treturn rest.Location(${call})\n}\n`;
    case 'body':
      return `${begin('(*rest.Body, error)')}\treturn rest.Open(${call})\n}\n`;
    case 'nothing':
      // An operation that only streams has no other method.
      if (operation.streams.length > 0) return '';
      return `${begin('error')}\treturn rest.Nothing(${call})\n}\n`;
  }
}

/** The method for another content type of an answer. @param {Context} context @param {string} type */
function stream({ operation, signature, request, item }, type) {
  const { noun, method, verb, answer } = operation;
  const isOnly = answer.kind === 'nothing';
  const { suffix, set, more, gives, call } = streamOf(type, operation, item ?? 'any', verb === 'GET');
  const name = isOnly ? method : `${method}${suffix}`;
  const asked = isOnly || set === '' ? request : `${request}, ${set}`;
  const [begin, last] = [
    `rest.${call}(ctx, api.client, rest.Request{${asked}}`,
    type === 'text/event-stream' && verb === 'GET' ? `${finals.get(operation.id) ?? 'nil'}, ` : '',
  ];
  return `${head(operation, name, more)}func (api *${noun}) ${name}(${signature}) (${gives}, error) {\n\treturn ${begin}, ${last}opts)\n}\n`;
}

/** @param {string} type @param {Operation} operation @param {string} item @param {boolean} resumes */
function streamOf(type, { id, event }, item, resumes) {
  switch (type) {
    case 'text/event-stream':
      return {
        suffix: 'Stream',
        set: 'Set: []string{"stream", "true"}',
        more: resumes ? 'The stream resumes where it was after a lost connection.' : 'The events come as they happen.',
        gives: event ? `*rest.EventsOf[${event}]` : '*rest.Events',
        call: event ? `FollowOf[${event}]` : resumes ? 'Follow' : 'Listen',
      };
    case 'application/x-ndjson':
      return {
        suffix: 'Stream',
        set: 'Default: []string{"follow", "true"}',
        more: 'The lines come as they are written, until the stream is closed; with Follow false, those that are there.',
        gives: `*rest.Lines[${item}]`,
        call: `OpenLines[${item}]`,
      };
    case 'text/plain':
      return {
        suffix: 'Stream',
        set: 'Set: []string{"follow", "true"}',
        more: 'The text comes as it is written, until the body is closed.',
        gives: '*rest.Body',
        call: 'Open',
      };
    default: {
      const format = formats[type];
      if (!format) throw new Error(`${id} answers with ${type}, for which there is no method yet`);
      return {
        suffix: format.toUpperCase(),
        set: `Set: []string{"format", "${format}"}`,
        more: `As ${format.toUpperCase()}.`,
        gives: '*rest.Body',
        call: 'Open',
      };
    }
  }
}

/** @param {Context} context */
function pages({ operation, signature, params, item }) {
  const paging = pagingOf(operation);
  if (!paging || !params) return '';
  const { noun, method } = operation;
  const args = ['ctx', ...operation.pathParameters.map(({ go }) => go), '&asked', 'opts...'].join(', ');
  const lines = [
    `asked := rest.Copy(params)`,
    `return rest.NewPages(rest.Or(asked.${paging.start}, ${paging.first}), func(at int64) ([]${item}, int64, bool, error) {`,
    `\tasked := asked`,
    `\tasked.${paging.start} = &at`,
    `\tresult, err := api.${method}(${args})`,
    `\tif err != nil {`,
    `\t\treturn nil, 0, false, err`,
    `\t}`,
    `\treturn result.${paging.field}, ${paging.next}, ${paging.more}, nil`,
    `})`,
  ];
  return `${head(operation, `${method}All`, 'It reads page after page.')}func (api *${noun}) ${method}All(${signature}) *rest.Pages[${item}] {\n\t${lines.join('\n\t')}\n}\n`;
}
