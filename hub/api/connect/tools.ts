import { onOneLine } from '@roundhouse/proto/json';
import { type Static, Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { DomainError } from '../../domain/errors.js';
import { isoNow } from '../../domain/moments.js';
import type { Invocation } from '../../domain/tools/invocations.js';
import type { ReplyInfo } from '../../http/api.js';
import { endpoint, type Handlers, Json, RepeatedJson, reply, StreamReply } from '../../http/endpoint.js';
import { Id, TimeOrNull } from '../shared/values.js';
import { connectEnvelope } from './envelope.js';

/** The result of a tool call: `CallToolResult` of the Model Context Protocol. */

const Meta = Type.Optional(
  Type.Record(Type.String(), Type.Unknown(), { description: 'Further members of the server, by name' }),
);
const Annotations = Type.Object(
  {
    audience: Type.Optional(Type.Array(Type.String({ description: '`user` or `assistant`' }))),
    priority: Type.Optional(Type.Number({ description: '0 to 1' })),
    lastModified: Type.Optional(Type.String({ description: 'ISO 8601' })),
  },
  { title: 'ContentAnnotations' },
);
const common = { annotations: Type.Optional(Annotations), _meta: Meta };
const base64 = (description: string) => Type.String({ description: `${description}, base64` });
const mimeType = Type.Optional(Type.String());

const TextContent = Type.Object(
  { type: Type.Literal('text'), text: Type.String(), ...common },
  { title: 'TextContent' },
);
const ImageContent = Type.Object(
  { type: Type.Literal('image'), data: base64('The image'), mimeType: Type.String(), ...common },
  { title: 'ImageContent' },
);
const AudioContent = Type.Object(
  { type: Type.Literal('audio'), data: base64('The sound'), mimeType: Type.String(), ...common },
  { title: 'AudioContent' },
);
const ResourceLink = Type.Object(
  {
    type: Type.Literal('resource_link'),
    uri: Type.String(),
    name: Type.String(),
    title: Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    mimeType,
    size: Type.Optional(Type.Integer({ description: 'Bytes' })),
    ...common,
  },
  { title: 'ResourceLink' },
);
const EmbeddedResource = Type.Object(
  {
    type: Type.Literal('resource'),
    resource: Type.Object({
      uri: Type.String(),
      mimeType,
      text: Type.Optional(Type.String({ description: 'Of a text resource' })),
      blob: Type.Optional(base64('Of a binary resource: its bytes')),
      _meta: Meta,
    }),
    ...common,
  },
  { title: 'EmbeddedResource' },
);

/** A part of a tool's result; `type` gives its kind. */
const ContentBlock = Type.Union([TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource], {
  title: 'ContentBlock',
});

const ToolResult = Type.Object(
  {
    content: Type.Array(ContentBlock),
    structuredContent: Type.Optional(
      Type.Unknown({
        description: 'The result as data, as the tool’s `outputSchema` has it; an object of most servers',
      }),
    ),
    isError: Type.Boolean({ description: 'The tool failed; `content` says why' }),
    _meta: Meta,
  },
  { title: 'ToolResult' },
);

/** A tool in the lists of this API. */
export const Tool = Type.Object(
  {
    name: Type.String(),
    serverId: Id,
    serverName: Type.String(),
    description: Type.String(),
    inputSchema: Type.Unknown(),
    category: Type.Union([Type.String(), Type.Null()]),
    tags: Type.Array(Type.String()),
    usageCount: Type.Integer(),
    lastUsedAt: TimeOrNull,
  },
  { title: 'Tool' },
);

/** `seeds/003`, "Tool Operations": list and invoke. */
export const toolEndpoints = {
  listTools: endpoint({
    method: 'GET',
    path: '/api/tools',
    summary: 'List all available tools across connected servers',
    description: "The list holds the tools of connected servers that the caller's grants cover.",
    permission: 'tool.read',
    query: Type.Object({
      query: Type.Optional(Type.String({ maxLength: 256, description: 'In name or description' })),
      category: Type.Optional(Type.String({ maxLength: 64, description: 'Category of the server' })),
      tags: Type.Optional(Type.String({ maxLength: 1024, description: 'Comma-separated; any of these' })),
      server: Type.Optional(Type.String({ maxLength: 64, description: 'Id or name' })),
      sortBy: Type.Union([Type.Literal('name'), Type.Literal('usage'), Type.Literal('recent')], {
        default: 'name',
        description: 'Order of the list: by name, most used first, or last used first',
      }),
      limit: Type.Integer({ minimum: 1, maximum: 100, default: 50, description: 'Tools to return at most' }),
      offset: Type.Integer({ minimum: 0, default: 0, description: 'Tools to skip' }),
    }),
    response: Type.Object({
      tools: Type.Array(Tool),
      total: Type.Integer(),
      limit: Type.Integer(),
      offset: Type.Integer(),
    }),
  }),
  invokeTool: endpoint({
    method: 'POST',
    path: '/api/tools/{name}/invoke',
    summary: 'Invoke a specific tool',
    description:
      "The hub waits for the result, 60 seconds unless `timeoutMs` says otherwise. A tool's own error is a result with `isError`, not a failure of the request. If the link to the agent breaks, `details.outcome` tells whether the tool may have run.",
    permission: 'tool.invoke',
    audit: 'tool.invoke',
    params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 256, description: 'Name of the tool' }) }),
    query: Type.Object({
      /** Extension. */
      stream: Type.Boolean({
        default: false,
        description: 'Answer with a stream of events: progress and log messages as they come, then the result',
      }),
    }),
    produces: ['text/event-stream'],
    body: Type.Object({
      arguments: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      serverId: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 64,
          description: 'Id or name; needed where several servers have the tool',
        }),
      ),
      /** Extension. */
      timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600_000, description: 'Default 60000' })),
    }),
    example: { serverId: 'files', arguments: { path: '/tmp/files/hello.txt' }, timeoutMs: 10_000 },
    bodyOptional: true,
    response: ToolResult,
    extra: Type.Object({
      metadata: Type.Object({
        serverId: Id,
        serverName: Type.String(),
        durationMs: Type.Number(),
        cached: Type.Boolean(),
      }),
    }),
  }),
};

export function toolHandlers({ toolList, invocations }: Domain): Handlers<typeof toolEndpoints> {
  return {
    async listTools({ query }, { caller, signal }) {
      return new RepeatedJson(await toolList.page(caller, query, signal));
    },

    async invokeTool({ params, query, body }, context) {
      const { caller, signal, requestId } = context;
      // The domain writes the audit entry of every call, also of a failed call.
      context.audit.written = true;
      const call = {
        caller,
        tool: params.name,
        server: body.serverId,
        arguments: body.arguments ?? {},
        timeoutMs: body.timeoutMs,
        signal,
      };
      const origin = context.origin;
      if (!query.stream) {
        const invocation = await invocations.invoke(origin, call);
        return reply(new Json<Static<typeof ToolResult>>(invocation.result), metadataOf(invocation));
      }
      const invoke = (listeners: CallListeners) => invocations.invoke(origin, { ...call, ...listeners });
      const events = callEvents(invoke, bodyOf(requestId), { requestId, timestamp: isoNow() });
      return new StreamReply('text/event-stream', events, { 'Cache-Control': 'no-store' });
    },
  };
}

function metadataOf({ server, durationMs, cached }: Invocation) {
  return { metadata: { serverId: server.id, serverName: server.name, durationMs, cached } };
}

/** The body of the answer to a call. Results have no line breaks: the agent has removed them. */
function bodyOf(requestId: string) {
  return (invocation: Invocation) => {
    const result = Buffer.from(invocation.result).toString();
    return connectEnvelope.success(result, metadataOf(invocation), { requestId, timestamp: isoNow() });
  };
}

/** After this time without a message the client gets the headers, and later failures as an event, milliseconds. */
const BEGIN_AFTER_MS = 250;
/** The socket layer closes a connection after ten seconds without traffic: a comment prevents that. */
const COMMENT_EVERY_MS = 5000;
/** How many progress and log messages wait for a slow client; later ones are dropped, and counted in the event `dropped`. */
const MOST_WAITING = 256;

/** Callbacks while a tool runs; both take finished JSON text. */
interface CallListeners {
  readonly onProgress: (json: string) => void;
  readonly onLog: (json: string) => void;
}

/**
 * A tool call as a stream of events (extension): `progress` and `message` with the params of MCP's notifications of those names as they come, then
 * `result` or `error` with the body that a call without a stream is answered with.
 * @throws DomainError if the call fails before anything has been sent: the answer is then an error answer.
 */
async function* callEvents(
  call: (listeners: CallListeners) => Promise<Invocation>,
  success: (invocation: Invocation) => string,
  info: ReplyInfo,
): AsyncGenerator<Uint8Array> {
  const waiting: string[] = [];
  let dropped = 0;
  let begun = false;
  let wake = () => {};
  const tell = (event: string) => (json: string) => {
    if (waiting.length < MOST_WAITING) waiting.push(eventText(event, json));
    else dropped += 1;
    wake();
  };
  let last: (() => string) | undefined;
  const end = (text: () => string) => {
    last = text;
    wake();
  };
  call({ onProgress: tell('progress'), onLog: tell('message') }).then(
    (invocation) => end(() => eventText('result', success(invocation))),
    (error: unknown) =>
      end(() => {
        if (!begun) throw error;
        const known = error instanceof DomainError ? error : new DomainError('internal', 'Internal server error');
        return eventText('error', connectEnvelope.failure(known, info).body);
      }),
  );
  for (;;) {
    while (waiting.length > 0) {
      begun = true;
      yield Buffer.from(waiting.splice(0).join(''));
    }
    if (dropped > 0) yield Buffer.from(eventText('dropped', JSON.stringify({ count: dropped })));
    dropped = 0;
    if (last) {
      yield Buffer.from(last());
      return;
    }
    const woken = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), begun ? COMMENT_EVERY_MS : BEGIN_AFTER_MS);
      wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    if (woken) continue;
    begun = true;
    yield Buffer.from(':\n\n');
  }
}

function eventText(event: string, json: string): string {
  return `event: ${event}\ndata: ${onOneLine(json)}\n\n`;
}
