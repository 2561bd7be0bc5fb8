import { Type } from 'typebox';
import { isoTime } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { invalid } from '../../domain/errors.js';
import { eventTypes, isEventType } from '../../domain/events/types.js';
import { endpoint, type Handlers, SseReply } from '../../http/endpoint.js';
import { ServerEvent } from './event-schemas.js';
import { EventStream } from './event-stream.js';
import { Time } from './schemas.js';

const List = (description: string, items: object) =>
  Type.Optional(Type.String({ maxLength: 8192, description, 'x-items': items }));
const EventType = Type.Enum(Object.keys(eventTypes), { title: 'EventType' });

/** `seeds/003`, "Real-Time Events (SSE)". */
export const eventEndpoints = {
  streamEvents: endpoint({
    method: 'GET',
    path: '/api/sse/events',
    summary: 'Server-Sent Events: what happens, as it happens',
    description:
      'Each event has an `id`. A client that comes back with it in `Last-Event-ID` gets the events that it missed, in order; if the hub no longer has them, it sends `reset`. Before the hub ends a stream it sends `close` with a `reason`: `slow_reader` (more than 1 MiB behind), `stalled` (took nothing for a minute), `credential` (revoked or expired), `forbidden`, `shutdown` or `failed`. A client receives only events that its grants cover.',
    permission: 'event.read',
    ticket: true,
    query: Type.Object({
      types: List('Comma-separated event types to subscribe', EventType),
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
      const { ticket, expiresAt } = identity.tickets.issue(caller);
      return { ticket, expiresAt: isoTime(expiresAt) };
    },
  };
}

/** The parts of a comma-separated list; `null` where there are none. */
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
