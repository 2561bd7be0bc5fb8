import { isoTime } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { invalid } from '../../domain/errors.js';
import { eventTypes, isEventType } from '../../domain/events/types.js';
import { type Handlers, SseReply } from '../../http/endpoint.js';
import { EventStream } from './event-stream.js';
import type { eventEndpoints } from './events.js';

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
      const serverIds = list(query.servers)?.map((server) => registry.find(server)?.id ?? server);
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
