import type { connect, Roundhouse } from '@roundhouse/sdk';
import { argument, choice, command, type Noun, parsed, rest, text, withDefault } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns, Output } from '../../frame/output.js';
import { assignment, counted, firstLine, jsonObject, seconds, textOfFile, wholeNumber } from '../../frame/values.js';
import { toolsNamed } from '../access/grants.js';

const columns: Columns<connect.Tool> = {
  TOOL: ({ name }) => name,
  SERVER: ({ serverName }) => serverName,
  CALLS: ({ usageCount }) => usageCount,
  DESCRIPTION: ({ description }) => firstLine(description),
};

const server = text('<name>', 'the server that has it; needed if several have a tool of this name');
const named = argument('name of the tool');

const limits = {
  limit: withDefault(parsed('<number>', 'tools to list at most', wholeNumber), 500),
};

/** `roundhouse tool`. */
export const tool: Noun = {
  name: 'tool',
  summary: 'the tools of connected servers',
  commands: [
    command({
      name: 'list',
      summary: 'list the tools',
      example: 'roundhouse tool list --server files',
      options: {
        server: text('<name>', 'only tools of this server'),
        sort: withDefault(choice(['name', 'usage', 'recent'], 'the order'), 'name'),
        ...limits,
      },
      async run({ hub, options, out, signal }) {
        const query = {
          sortBy: options.sort ?? 'name',
          ...(options.server === undefined ? {} : { server: options.server }),
        };
        const tools = await take(hub, query, options.limit, signal);
        await out.list(tools, columns, ({ name }) => name, 'no tools: is a server connected?');
      },
    }),
    command({
      name: 'search',
      summary: 'find tools by words of their names or descriptions',
      example: 'roundhouse tool search "read file"',
      args: { words: argument('words that the name or the description has') },
      options: { server: text('<name>', 'only tools of this server'), ...limits },
      async run({ hub, args, options, out, signal }) {
        const [first = '', ...others] = args.words.toLowerCase().split(/\s+/).filter(Boolean);
        const query = { query: first, ...(options.server === undefined ? {} : { server: options.server }) };
        const fits = ({ name, description }: connect.Tool) => {
          const told = `${name} ${description}`.toLowerCase();
          return others.every((word) => told.includes(word));
        };
        await out.list(
          await take(hub, query, options.limit, signal, fits),
          columns,
          ({ name }) => name,
          'no tool matches',
        );
      },
    }),
    command({
      name: 'show',
      summary: 'show what a tool does and which arguments it takes',
      example: 'roundhouse tool show read_file --server files',
      args: { tool: named },
      options: { server },
      async run({ hub, args, options, out }) {
        const found = await find(hub, args.tool, options.server);
        const facts = {
          tool: found.name,
          server: found.serverName,
          calls: found.usageCount,
          'last used': found.lastUsedAt,
          description: found.description,
        };
        await out.record(found, facts, found.name);
        if (out.form === 'people')
          out.section('Arguments', argumentsOf(found), {
            ARGUMENT: ({ name }) => name,
            TYPE: ({ type }) => type,
            REQUIRED: ({ isRequired }) => isRequired,
            DESCRIPTION: ({ description }) => firstLine(description),
          });
      },
    }),
    command({
      name: 'call',
      summary: 'call a tool, with its progress; Ctrl-C cancels the call; exit code 6 if the tool failed',
      example: 'roundhouse tool call echo message=hello',
      args: { tool: named, arguments: rest('NAME=VALUE, read by the type that the tool declares') },
      options: {
        server,
        args: parsed('<json>', 'the arguments as a JSON object', jsonObject),
        argsFile: text('<file>', 'file that holds the arguments as a JSON object; - for standard input'),
        timeout: parsed('<duration>', 'how long it may take: 90s, 15m; default: 60s', seconds),
      },
      async run({ hub, args, options, out, terminal, signal }) {
        const given =
          options.argsFile === undefined ? options.args : await readArguments(options.argsFile, terminal.stdin);
        const words = args.arguments.length === 0 ? {} : await typed(hub, args.tool, options.server, args.arguments);
        const body = {
          arguments: { ...given, ...words },
          ...(options.server === undefined ? {} : { serverId: options.server }),
          ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout * 1000 }),
        };
        out.progress.show(`calling ${args.tool}`);
        for await (const event of hub.connect.tools.invokeStream(args.tool, body, { signal })) {
          if (event.type === 'progress') out.progress.show(progressText(args.tool, event.data));
          else if (event.type === 'message') out.say(`${event.data.level}: ${plain(event.data.data)}`);
          else if (event.type === 'dropped') out.warn(`${counted(event.data.count, 'message')} left out`);
          else await showResult(out, event.data);
        }
      },
    }),
  ],
};

async function take(
  hub: Roundhouse,
  query: connect.ListToolsQuery,
  limit: number,
  signal: AbortSignal,
  fits: (tool: connect.Tool) => boolean = () => true,
) {
  const found: connect.Tool[] = [];
  for await (const one of hub.connect.tools.listAll({ ...query, limit: Math.min(100, limit) }, { signal })) {
    if (fits(one)) found.push(one);
    if (found.length === limit) break;
  }
  return found;
}

async function find({ connect }: Roundhouse, name: string, server: string | undefined): Promise<connect.Tool> {
  const found = await toolsNamed(connect.tools, name, server);
  const [only] = found;
  if (!only)
    throw new CommandError(`no connected server has a tool '${name}': 'roundhouse tool search' finds tools`, 'missing');
  if (found.length > 1)
    throw new CommandError(
      `several servers have a tool '${name}': give --server with one of ${found.map(({ serverName }) => serverName).join(', ')}`,
    );
  return only;
}

interface ArgumentSchema {
  readonly type?: unknown;
  readonly description?: unknown;
}

function argumentsOf({ inputSchema }: connect.Tool) {
  const { properties = {}, required = [] } = (inputSchema ?? {}) as {
    readonly properties?: Readonly<Record<string, ArgumentSchema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { type, description = '' }]) => ({
    name,
    type: type === undefined ? 'any' : [type].flat().join(' or '),
    isRequired: required.includes(name),
    description: String(description),
  }));
}

/** Reads `NAME=VALUE` by the type that the tool declares for the argument: text unchanged, everything else as JSON. */
async function typed(hub: Roundhouse, name: string, server: string | undefined, words: readonly string[]) {
  const declared = new Map(argumentsOf(await find(hub, name, server)).map((one) => [one.name, one.type]));
  return Object.fromEntries(
    words.map((word) => {
      const [argument, value] = split(word);
      const type = declared.get(argument) ?? 'string';
      return [argument, type === 'string' ? value : asJson(argument, value, type)];
    }),
  );
}

function split(word: string): readonly [string, string] {
  try {
    return assignment(word);
  } catch {
    throw new CommandError(`'${word}': expected NAME=VALUE`, 'usage');
  }
}

function asJson(name: string, value: string, type: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    if (/\b(?:string|any)\b/.test(type)) return value;
    throw new CommandError(`${name}: expected a value of type ${type}`, 'usage');
  }
}

async function readArguments(file: string, stdin: AsyncIterable<Buffer | string>) {
  const content = await textOfFile(file, stdin);
  try {
    return jsonObject(content);
  } catch (error) {
    throw new CommandError(`--args-file: ${(error as Error).message}`, 'usage');
  }
}

function progressText(
  tool: string,
  { progress, total, message }: { progress: number; total?: number; message?: string },
) {
  const share = total === undefined ? `${progress}` : `${progress} of ${total}`;
  return `${tool}: ${share}${message === undefined ? '' : ` ${message}`}`;
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

async function showResult(out: Output, result: connect.ToolResult) {
  await out.text(result.content.map(blockText).join('\n'), result);
  if (result.isError) throw new CommandError('the tool failed', 'outcome');
}

/** A part of a result for people: text unchanged, everything else by its kind and size. */
function blockText(block: connect.ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type} ${block.mimeType}, ${Math.floor((block.data.length * 3) / 4)} bytes]`;
    case 'resource_link':
      return `[resource ${block.uri}]`;
    default:
      return block.resource.text ?? `[resource ${block.resource.uri}]`;
  }
}
