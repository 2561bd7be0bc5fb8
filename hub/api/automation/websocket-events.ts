import type { CleanupSummary } from '../../domain/cleanup/cleanup.js';
import { isoTime } from '../../domain/clock.js';
import type { JournalEvent } from '../../domain/store.js';
import { render } from './cleanup.js';

/** The events that clients may subscribe to (`seeds/000`, "Event Types"). */
export const socketEvents = [
  'server.status',
  'update.progress',
  'update.complete',
  'test.complete',
  'alert.new',
  'cleanup.complete',
] as const;
export type SocketEvent = (typeof socketEvents)[number];

type Data = JournalEvent['data'];

interface Rendering {
  readonly event: SocketEvent;
  /** The documented payload. */
  readonly payload: (data: Data) => Readonly<Record<string, unknown>>;
}

/** `status` in the words of `GET /api/v1/servers`; `state` is an extension that says more. */
const serverStatus = (state: (data: Data) => string): Rendering => ({
  event: 'server.status',
  payload: (data) => {
    const now = state(data);
    return { server: data.serverName, status: now === 'running' ? 'healthy' : 'unhealthy', state: now };
  },
});

const stateOfHealth: Readonly<Record<string, string>> = { healthy: 'running', degraded: 'degraded' };

/** How clients see each type of the journal; they do not see the others. */
const renderings: Readonly<Record<string, Rendering>> = {
  'server.connected': serverStatus(() => 'running'),
  'server.disconnected': serverStatus(({ error }) => (error ? 'unreachable' : 'stopped')),
  'server.error': serverStatus(() => 'error'),
  'server.health': serverStatus(({ health }) => stateOfHealth[String(health)] ?? 'error'),
  'update.progress': {
    event: 'update.progress',
    payload: ({ serverName, progress, message }) => ({ server: serverName, progress, message }),
  },
  'update.complete': {
    event: 'update.complete',
    payload: ({ serverName, version, success }) => ({ server: serverName, version, success }),
  },
  'test.complete': { event: 'test.complete', payload: ({ testId, results }) => ({ test_id: testId, results }) },
  'alert.new': {
    event: 'alert.new',
    payload: ({ alertId, severity, message }) => ({ alert_id: alertId, severity, message }),
  },
  'cleanup.complete': {
    event: 'cleanup.complete',
    payload: ({ cleanupId, summary }) => ({ cleanup_id: cleanupId, summary: render(summary as CleanupSummary) }),
  },
};

/** The types of the journal that clients hear about. */
export const journalTypes: ReadonlySet<string> = new Set(Object.keys(renderings));

/** An event as clients get it. */
export interface RenderedEvent {
  readonly event: SocketEvent;
  /** `{type, …payload, timestamp}`: flat, as in the clients' own messages. */
  readonly text: string;
  /** For `server.status`: two events with the same state are one change. */
  readonly state: unknown;
}

/** Made once for all clients. */
const rendered = new WeakMap<JournalEvent, RenderedEvent>();

/** @throws Error for a type that is not of {@link journalTypes}. */
export function renderEvent(event: JournalEvent): RenderedEvent {
  let made = rendered.get(event);
  if (!made) {
    const rendering = renderings[event.type];
    if (!rendering) throw new Error(`no event of type '${event.type}' is told`);
    const timestamp = event.data.timestamp ?? isoTime(event.time);
    const payload = rendering.payload(event.data);
    const text = JSON.stringify({ type: rendering.event, ...payload, timestamp });
    made = { event: rendering.event, text, state: payload.state };
    rendered.set(event, made);
  }
  return made;
}
