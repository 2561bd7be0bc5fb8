import { isoTime } from '../../domain/clock.js';
import type { JournalEvent } from '../../domain/store.js';

type Data = Readonly<Record<string, unknown>>;

interface Rendering {
  readonly type: string;
  readonly data: (data: Data) => Data;
}

/** How clients see each type of the journal (`seeds/002`, "Event Types"). */
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

/** The states that shared servers get by an event of the journal. */
const shared: Readonly<Record<string, (data: Data) => string>> = {
  'server.connected': () => 'running',
  'server.disconnected': ({ error }) => (error ? 'unreachable' : 'stopped'),
  'server.error': () => 'error',
};

/** The types of the journal that clients hear about. */
export const journalTypes: ReadonlySet<string> = new Set([...Object.keys(renderings), ...Object.keys(shared)]);

/** Made once for all clients. */
const rendered = new WeakMap<JournalEvent, string>();

/** An event as clients get it; `undefined` for an event of a shared server, which {@link sharedState} renders. */
export function renderEvent(event: JournalEvent): string | undefined {
  const rendering = renderings[event.type];
  if (!rendering) return undefined;
  let text = rendered.get(event);
  if (text === undefined) {
    text = message(rendering.type, event.time, rendering.data(event.data));
    rendered.set(event, text);
  }
  return text;
}

/** The state that a server is in by an event; `undefined` where the event says nothing of that. */
export function sharedState({ type, data }: JournalEvent): string | undefined {
  return shared[type]?.(data);
}

/** A shared server has no owner: `user_id` is `null`. */
export function renderShared({ serverId, time }: JournalEvent, oldState: string, newState: string): string {
  return message('SERVER_STATE_CHANGED', time, stateChanged(serverId, oldState, newState, null));
}

export function message(type: string, time: number, data: Data): string {
  return JSON.stringify({ type, timestamp: isoTime(time), data });
}

function stateChanged(serverId: unknown, oldState: unknown, newState: unknown, userId: unknown): Data {
  return { server_id: serverId, old_state: oldState, new_state: newState, user_id: userId };
}
