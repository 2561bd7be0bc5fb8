import type { Caller } from '../../domain/access/caller.js';
import type { Domain } from '../../domain/domain.js';
import { invalid } from '../../domain/errors.js';
import type { EventListener } from '../../domain/events/feed.js';
import { isoTime } from '../../domain/moments.js';
import type { JournalEvent } from '../../domain/store.js';
import { Conversation, type Message } from '../../http/websocket/conversation.js';
import type { Dialect, SocketSink } from '../../http/websocket/dialect.js';
import { portalEnvelope } from './envelope.js';
import { printRole } from './schemas.js';

type Parts = Pick<Domain, 'events' | 'registry' | 'portal'>;

/**
 * `seeds/002`, "WebSocket Events". A client that sends an access token of the portal in the upgrade's header gets its user's events from then on:
 * `{type, timestamp, data}`. A super admin gets the events of all users. A change of a shared server has a `user_id` of `null`.
 *
 * Beyond the document: browsers cannot send the header. So at `/portal/ws` the token may come as the first message, `{type: 'auth', token}`, within
 * 10 s, and again before it expires; it is answered `{type: 'AUTHENTICATED'}`. `{type: 'ping'}` is answered `{type: 'PONG'}`, and a failure `{type:
 * 'ERROR', data: {code, message}}`. The hub closes as in the Automation API.
 */
export function portalDialect(domain: Parts): Dialect {
  return {
    permission: 'catalog.read',
    headers: {},
    open: (socket, caller) => new Session(domain, socket, caller),
    failure: portalEnvelope.failure,
  };
}

class Session extends Conversation implements EventListener {
  readonly types = journalTypes;
  readonly serverIds = null;
  readonly #domain: Parts;
  /** The last states of shared servers. */
  readonly #states = new Map<string, string>();

  constructor(domain: Parts, socket: SocketSink, caller: Caller | null) {
    super(socket, portalEnvelope.failure);
    this.#domain = domain;
    this.caller = caller;
    if (caller) this.#listen();
  }

  deliver(events: readonly JournalEvent[]): boolean {
    return this.socket.send(...events.flatMap((event) => renderEvent(event) ?? this.#ofShared(event) ?? []));
  }

  missed(event: JournalEvent): void {
    this.waits(renderEvent(event)?.length ?? 0);
  }

  protected take({ type }: Message): void {
    if (type !== 'ping') throw invalid('type', 'must be auth or ping');
    this.#say('PONG', {});
  }

  protected welcome({ name, role }: Caller): void {
    this.#say('AUTHENTICATED', { name, role: printRole(role) });
    this.#listen();
  }

  protected tellError(error: Readonly<Record<string, unknown>>): void {
    this.#say('ERROR', error);
  }

  #ofShared(event: JournalEvent): string | undefined {
    const { serverId } = event;
    const now = sharedState(event);
    if (serverId === undefined || now === undefined || this.#domain.registry.ownerOf(serverId) !== undefined)
      return undefined;
    const before = this.#states.get(serverId) ?? 'stopped';
    this.#states.set(serverId, now);
    return before === now ? undefined : renderShared(event, before, now);
  }

  #listen(): void {
    if (this.subscription) return;
    const { registry, portal, events } = this.#domain;
    for (const { id, ownerId } of registry.all()) {
      const state = ownerId === undefined ? portal.states.last(id)?.state : undefined;
      if (state !== undefined) this.#states.set(id, state);
    }
    this.subscription = events.subscribe(this);
  }

  #say(type: string, data: Readonly<Record<string, unknown>>): void {
    this.socket.send(message(type, Date.now(), data));
  }
}

type Data = Readonly<Record<string, unknown>>;

interface Rendering {
  readonly type: string;
  readonly data: (data: Data) => Data;
}

/** The event for clients, by type of the journal (`seeds/002`, "Event Types"). */
const renderings: Readonly<Record<string, Rendering>> = {
  'server.state': {
    type: 'SERVER_STATE_CHANGED',
    data: ({ entryId, oldState, newState, ownerId }) => stateChanged(entryId, oldState, newState, ownerId),
  },
  'config.updated': {
    type: 'CONFIG_UPDATED',
    data: ({ ownerId, changes }) => ({ user_id: ownerId, changes }),
  },
  'bulk.progress': {
    type: 'BULK_OPERATION_PROGRESS',
    data: ({ operationId, completed, failed, total, status }) => ({
      operation_id: `bulk_op_${operationId}`,
      completed,
      total,
      status,
      failed,
    }),
  },
};

/** The states of shared servers, by event of the journal. */
const shared: Readonly<Record<string, (data: Data) => string>> = {
  'server.connected': () => 'running',
  'server.disconnected': ({ error }) => (error ? 'unreachable' : 'stopped'),
  'server.error': () => 'error',
};

/** The types of the journal that are sent to clients. */
const journalTypes: ReadonlySet<string> = new Set([...Object.keys(renderings), ...Object.keys(shared)]);

/** The text is made once for all clients. */
const rendered = new WeakMap<JournalEvent, string>();

/** An event for clients; `undefined` for an event of a shared server, which {@link sharedState} renders. */
function renderEvent(event: JournalEvent): string | undefined {
  const rendering = renderings[event.type];
  if (!rendering) return undefined;
  let text = rendered.get(event);
  if (text === undefined) {
    text = message(rendering.type, event.time, rendering.data(event.data));
    rendered.set(event, text);
  }
  return text;
}

/** The state of a server after an event; `undefined` if the event does not change it. */
function sharedState({ type, data }: JournalEvent): string | undefined {
  return shared[type]?.(data);
}

/** A shared server has no owner: `user_id` is `null`. */
function renderShared({ serverId, time }: JournalEvent, oldState: string, newState: string): string {
  return message('SERVER_STATE_CHANGED', time, stateChanged(serverId, oldState, newState, null));
}

function message(type: string, time: number, data: Data): string {
  return JSON.stringify({ type, timestamp: isoTime(time), data });
}

function stateChanged(serverId: unknown, oldState: unknown, newState: unknown, userId: unknown): Data {
  return { server_id: serverId, old_state: oldState, new_state: newState, user_id: userId };
}
