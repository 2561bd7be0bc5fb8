import { type TProperties, Type } from 'typebox';
import type { Caller } from '../../domain/access/caller.js';
import type { Domain } from '../../domain/domain.js';
import { type DomainError, invalid } from '../../domain/errors.js';
import type { EventFeed, EventListener, EventSubscription, JournalReset } from '../../domain/events/feed.js';
import { type EventType, eventTypes, isEventType } from '../../domain/events/types.js';
import { isoNow, isoTime } from '../../domain/moments.js';
import type { JournalEvent } from '../../domain/store.js';
import { endpoint, type Handlers, SseReply, type SseSink, type SseSource } from '../../http/endpoint.js';
import { Id, Time, TimeOrNull } from '../shared/values.js';

/** The data of the events of `GET /api/sse/events`, by type. */

const Text = Type.String();
const text = Type.Optional(Text);
const textOrNull = Type.Union([Text, Type.Null()]);
const flagOrNull = Type.Union([Type.Boolean(), Type.Null()]);
const count = Type.Integer();
const severity = Type.String({ description: 'Such as `warning` or `critical`' });

/** An event's data: it always has the time. */
const about = (title: string, members: TProperties) => Type.Object({ ...members, timestamp: Time }, { title });

const server = { serverId: Id, serverName: Text };
const owner = { ownerId: Type.Optional(Type.String({ description: 'The owner, if it belongs to one user or key' })) };

const ServerDown = about('ServerDownData', { ...server, error: text });
const ToolCall = about('ToolCallData', {
  serverId: Id,
  toolName: Text,
  durationMs: Type.Number(),
  success: Type.Boolean(),
});
const Job = about('JobData', {
  jobId: Id,
  kind: Text,
  status: Text,
  progress: Type.Number({ description: 'Percent' }),
  message: Text,
  error: text,
  ...owner,
});
const update = {
  updateId: Id,
  kind: Text,
  serverId: Type.Union([Id, Type.Null()]),
  serverName: text,
  ...owner,
};
const Alert = about('AlertData', {
  alertId: Id,
  rule: Text,
  severity,
  title: Text,
  subject: Text,
  serverId: Type.Optional(Id),
  serverName: text,
  message: text,
  actor: Type.Optional(Type.String({ description: 'The user or key that acknowledged it' })),
  ...owner,
  leastRole: Type.Optional(Type.String({ description: 'The role that a caller needs to hear it: that of a key' })),
});
const device = { deviceId: Id, deviceName: Text, deviceType: Text, site: Text };
const Device = about('DeviceData', device);
const cluster = { clusterId: Id, clusterName: Text, site: Text };
const Cluster = about('ClusterData', cluster);
const changed = { changed: Type.Array(Text, { description: 'The fields that changed' }) };
const failed = { error: text, reason: text };
const Group = about('GroupData', { groupId: Id, groupName: Text });
const Definition = about('DefinitionData', { definitionId: Id, name: Text, type: Text, version: Text });
const Database = about('DatabaseData', { databaseId: Id, name: Text, type: Text, site: text });

/** A type of event that is missing here is a compile error. */
const data = {
  'server.connected': about('ServerConnectedData', { ...server, toolCount: count }),
  'server.disconnected': ServerDown,
  'server.error': ServerDown,
  'server.health': about('ServerHealthData', {
    ...server,
    health: Type.Enum(['healthy', 'degraded', 'down']),
    reason: text,
  }),
  'tool.invoked': ToolCall,
  'tool.error': ToolCall,
  'circuit.opened': about('CircuitOpenedData', { ...server, failures: count, cooldownEndsAt: TimeOrNull }),
  'circuit.closed': about('CircuitClosedData', server),
  'job.progress': Job,
  'job.completed': Job,
  'job.failed': Job,
  'job.cancelled': Job,
  'cleanup.complete': about('CleanupCompleteData', {
    cleanupId: Id,
    status: Text,
    summary: Type.Object({ filesDeleted: count, bytesFreed: count, errors: count }),
    ...owner,
  }),
  'test.complete': about('TestCompleteData', {
    testId: Id,
    status: Text,
    results: Type.Array(
      Type.Object({
        server: Text,
        tests: Type.Object({ total: count, passed: count, failed: count, skipped: count }),
        failures: Type.Array(Type.Object({ test: Text, type: Text })),
      }),
    ),
    ...owner,
  }),
  'update.progress': about('UpdateProgressData', { ...update, progress: Type.Number(), message: Text }),
  'update.complete': about('UpdateCompleteData', {
    ...update,
    version: textOrNull,
    success: Type.Boolean(),
    error: text,
  }),
  'alert.new': Alert,
  'alert.acknowledged': Alert,
  'alert.resolved': Alert,
  'device.added': Device,
  'device.updated': about('DeviceUpdatedData', { ...device, ...changed }),
  'device.removed': Device,
  'device.connected': Device,
  'device.disconnected': Device,
  'device.error': about('DeviceErrorData', { ...device, ...failed }),
  'device.config.changed': about('DeviceConfigChangedData', {
    ...device,
    changeId: Id,
    kind: Text,
    state: Text,
    hashBefore: Text,
    hashAfter: Text,
    protected: flagOrNull,
    saved: flagOrNull,
    by: textOrNull,
  }),
  'cluster.added': Cluster,
  'cluster.updated': about('ClusterUpdatedData', { ...cluster, ...changed }),
  'cluster.removed': Cluster,
  'cluster.connected': Cluster,
  'cluster.disconnected': Cluster,
  'cluster.error': about('ClusterErrorData', { ...cluster, ...failed }),
  'server.state': about('ServerStateData', { ...owner, entryId: Id, oldState: Text, newState: Text }),
  'config.updated': about('ConfigUpdatedData', { ...owner, changes: Type.Array(Text) }),
  'bulk.progress': about('BulkProgressData', {
    ...owner,
    operationId: Id,
    completed: count,
    failed: count,
    total: count,
    status: Type.Enum(['in_progress', 'completed', 'failed']),
  }),
  'group.created': Group,
  'group.updated': Group,
  'group.deleted': Group,
  'definition.created': Definition,
  'definition.updated': Definition,
  'definition.deleted': Definition,
  'database.created': Database,
  'database.updated': Database,
  'database.deleted': Database,
  reset: about('ResetData', { reason: Text, oldestId: Text, latestId: Text }),
} satisfies Record<EventType | 'reset', unknown>;

/** Every event of the stream. `reset` is not in the journal: it says that the hub no longer has the missed events. */
const ServerEvent = Type.Union(
  Object.entries(data).map(([type, about]) =>
    Type.Object(
      {
        type: Type.Literal(type),
        id: Type.String({ description: 'For `Last-Event-ID`; empty where it is not kept' }),
        data: about,
      },
      { title: `${titleOf(type)}Event` },
    ),
  ),
  { title: 'ServerEvent' },
);

/** `server.connected` → `ServerConnected`. */
function titleOf(type: string): string {
  return type.replace(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

const List = (description: string, items: object) =>
  Type.Optional(Type.String({ maxLength: 8192, description, 'x-items': items }));
const EventTypeName = Type.Enum(Object.keys(eventTypes), { title: 'EventType' });

/** `seeds/003`, "Real-Time Events (SSE)". */
export const eventEndpoints = {
  streamEvents: endpoint({
    method: 'GET',
    path: '/api/sse/events',
    summary: 'Server-Sent Events: the events of the fleet as they happen',
    description:
      'Each event has an `id`. A client that comes back with it in `Last-Event-ID` gets the events that it missed, in order; if the hub no longer has them, it sends `reset`. Before the hub ends a stream it sends `close` with a `reason`, unless more than 256 KiB wait for the client: `slow_reader` (more than 1 MiB behind), `stalled` (took nothing for a minute), `credential` (revoked or expired), `forbidden`, `shutdown` or `failed`. A client receives only events that its grants cover.',
    permission: 'event.read',
    ticket: true,
    query: Type.Object({
      types: List('Comma-separated event types to subscribe', EventTypeName),
      servers: List('Comma-separated server ids (or names) to filter', Type.String()),
      lastEventId: Type.Optional(
        Type.String({
          maxLength: 256,
          description: 'Extension: stands for `Last-Event-ID`, where that cannot be sent',
        }),
      ),
      ticket: Type.Optional(
        Type.String({
          maxLength: 256,
          description: 'Extension: stands for the credential; see `POST /api/sse/tickets`',
        }),
      ),
    }),
    produces: ['text/event-stream'],
    events: ServerEvent,
  }),
  createTicket: endpoint({
    method: 'POST',
    path: '/api/sse/tickets',
    summary: "A ticket for one event stream, valid for 30 s: browsers' EventSource cannot send a header",
    description: 'The ticket is good for one stream, in the query parameter `ticket`.',
    permission: 'authenticated',
    response: Type.Object({ ticket: Type.String(), expiresAt: Time }),
    status: 201,
    extension: true,
  }),
};

export function eventHandlers({ events, registry, identity }: Domain): Handlers<typeof eventEndpoints> {
  return {
    streamEvents({ query }, { caller, lastEventId }) {
      const types = list(query.types);
      const unknown = types?.find((type) => !isEventType(type));
      if (unknown !== undefined)
        throw invalid(
          'types',
          `no event type '${unknown.slice(0, 100)}'; known: ${Object.keys(eventTypes).join(', ')}`,
        );
      const serverIds = list(query.servers)?.map((server) => registry.find(server, caller)?.id ?? server);
      const stream = new EventStream(events, {
        caller,
        types: types && new Set(types),
        serverIds: serverIds ? new Set(serverIds) : null,
        afterSeq: numberOf(lastEventId || query.lastEventId),
      });
      return new SseReply(stream);
    },

    createTicket: (_, { caller }) => {
      const { ticket, expiresAt } = identity.tickets.issue(caller, undefined);
      return { ticket, expiresAt: isoTime(expiresAt) };
    },
  };
}

/** The parts of a comma-separated list; `null` if there are none. */
function list(text: string | undefined): string[] | null {
  const parts = text
    ?.split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  return parts?.length ? parts : null;
}

/** An event's number; NaN for a malformed id. */
function numberOf(id: string | undefined): number | undefined {
  if (!id) return undefined;
  return /^\d{1,16}$/.test(id) ? Number(id) : Number.NaN;
}

/** The hub drops a client with more waiting events, bytes. */
const MOST_BEHIND = 1024 * 1024;

/** How long a client waits before it reopens a broken stream, milliseconds. The times are spread, so that not all clients come at once. */
const RETRY_MS = 2000;
const RETRY_SPREAD_MS = 3000;

/** The events of a stream. */
export interface EventStreamOptions {
  readonly caller: Caller;
  readonly types: ReadonlySet<string> | null;
  readonly serverIds: ReadonlySet<string> | null;
  /** The stream begins after this event; absent: with the next event. NaN: an event that never existed. */
  readonly afterSeq?: number | undefined;
}

/** One client's event stream: joins the journal's feed to the connection. */
class EventStream implements SseSource, EventListener {
  readonly types: ReadonlySet<string> | null;
  readonly serverIds: ReadonlySet<string> | null;
  caller: Caller;
  readonly #feed: EventFeed;
  readonly #mostBehind: number;
  #afterSeq: number | undefined;
  #sink: SseSink | undefined;
  #subscription: EventSubscription | undefined;
  /** Bytes of events that wait in the journal until this client has room. */
  #behind = 0;
  /** The number of the last event that the client got. */
  #told = 0;

  constructor(feed: EventFeed, { caller, types, serverIds, afterSeq }: EventStreamOptions, mostBehind = MOST_BEHIND) {
    this.#feed = feed;
    this.caller = caller;
    this.types = types;
    this.serverIds = serverIds;
    this.#afterSeq = afterSeq;
    this.#mostBehind = mostBehind;
  }

  get hearer(): Caller {
    return this.caller;
  }

  start(sink: SseSink): void {
    this.#sink = sink;
    const retry = `retry: ${RETRY_MS + Math.floor(Math.random() * RETRY_SPREAD_MS)}\n\n`;
    // For the client, an id without data is no event, but it sets `Last-Event-ID`.
    if (this.#afterSeq === undefined) sink.send(this.#place(this.#feed.latest) + retry);
    else sink.send(retry);
    const subscription = this.#feed.subscribe(this, this.#afterSeq ?? this.#feed.latest);
    if (this.#sink) this.#subscription = subscription;
    else subscription.close();
  }

  deliver(events: readonly JournalEvent[]): boolean {
    this.#told = events.at(-1)?.seq ?? this.#told;
    return this.#sink?.send(batchText(events)) ?? false;
  }

  reset({ reason, oldestSeq, latestSeq }: JournalReset): void {
    const data = { reason, oldestId: String(oldestSeq), latestId: String(latestSeq), timestamp: isoNow() };
    this.#told = latestSeq;
    this.#sink?.send(`event: reset\ndata: ${JSON.stringify(data)}\nid: ${latestSeq}\n\n`);
  }

  missed(event: JournalEvent): void {
    this.#behind += Buffer.byteLength(rendered(event));
    if (this.#behind > this.#mostBehind)
      this.#sink?.close({ reason: 'slow_reader', message: `More than ${this.#mostBehind} bytes wait to be read` });
  }

  drained(): void {
    this.#behind = 0;
    this.#subscription?.resume();
  }

  ended(): void {
    this.#sink = undefined;
    this.#subscription?.close();
  }

  failed({ code, message }: DomainError): void {
    if (code === 'unavailable') this.#sink?.close({ reason: 'shutdown', message });
    else this.#sink?.close({ reason: 'failed', message: 'Internal server error' });
  }

  /** The heartbeat has the journal's position. So a client whose filters pass few events can still resume within the events that the hub keeps. */
  heartbeat(): string {
    const { latest } = this.#feed;
    return this.#subscription?.isLive && latest > this.#told ? `:\n${this.#place(latest)}\n` : ':\n\n';
  }

  #place(seq: number): string {
    this.#told = seq;
    return `id: ${seq}\n`;
  }
}

/** An event's text is made once for all clients. */
const texts = new WeakMap<JournalEvent, string>();

/** The events that were told last, and their text: the clients with the same filters get the same events of a commit one after the other. */
let lastBatch: { readonly events: readonly JournalEvent[]; readonly text: string } = { events: [], text: '' };

function batchText(events: readonly JournalEvent[]): string {
  const { events: known } = lastBatch;
  if (known.length !== events.length || known.some((event, i) => event !== events[i]))
    lastBatch = { events, text: events.map(rendered).join('') };
  return lastBatch.text;
}

/** `seeds/003`, "Event Format". */
function rendered(event: JournalEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    const { seq, type, time, data } = event;
    const body = JSON.stringify({ ...data, timestamp: data.timestamp ?? isoTime(time) });
    text = `event: ${type}\ndata: ${body}\nid: ${seq}\n\n`;
    texts.set(event, text);
  }
  return text;
}
