import type { RoundhouseError } from '../core/errors.js';
import type { GetCleanupResult } from '../gen/automation.types.js';
import { EventSocket, type EventSocketOptions, type SocketParts } from './event-socket.js';

/** Events of the Automation API's WebSocket. */
export type AutomationEvent = { readonly timestamp: string } & (
  | {
      readonly type: 'server.status';
      readonly server: string;
      readonly status: 'healthy' | 'unhealthy';
      /** Says more: `running`, `degraded`, `error`, `stopped` or `unreachable`. */
      readonly state: string;
    }
  | { readonly type: 'update.progress'; readonly server: string; readonly progress: number; readonly message: string }
  | { readonly type: 'update.complete'; readonly server: string; readonly version: string; readonly success: boolean }
  | { readonly type: 'test.complete'; readonly test_id: string; readonly results: unknown }
  | { readonly type: 'alert.new'; readonly alert_id: string; readonly severity: string; readonly message: string }
  | { readonly type: 'cleanup.complete'; readonly cleanup_id: string; readonly summary: GetCleanupResult['summary'] }
);

export type AutomationEventType = AutomationEvent['type'];

export interface AutomationSocketOptions extends EventSocketOptions {
  /** The wanted types of events. Default: all. */
  readonly events?: readonly AutomationEventType[] | undefined;
}

const everything: readonly AutomationEventType[] = [
  'server.status',
  'update.progress',
  'update.complete',
  'test.complete',
  'alert.new',
  'cleanup.complete',
];

const dialect = {
  path: '/automation/ws',
  operation: 'automation.socket',
  words: { welcome: 'authenticated', pong: 'pong', error: 'error' },
} as const;

type Asked = { readonly resolve: () => void; readonly reject: (error: RoundhouseError) => void };

/**
 * The Automation API's WebSocket: events of the types that it subscribed to, which it may change while it is open.
 *
 * @example
 * for await (const event of hub.automation.socket({ events: ['update.progress'] }))
 *   console.log(event.server, event.progress);
 */
export class AutomationSocket extends EventSocket<AutomationEvent> {
  readonly #wanted: Set<AutomationEventType>;
  /** The hub answers in order. */
  readonly #asked: Asked[] = [];

  constructor(parts: SocketParts, { events = everything, ...options }: AutomationSocketOptions = {}) {
    super(parts, dialect, options);
    this.#wanted = new Set(events);
  }

  /** The types of events that it gets. */
  get events(): readonly AutomationEventType[] {
    return [...this.#wanted];
  }

  /** Resolves once the hub tells of these, too. @throws RoundhouseError where it knows no such event */
  async subscribe(events: readonly AutomationEventType[]): Promise<void> {
    if (this.isWelcome) await this.#ask('subscribe', events);
    for (const event of events) this.#wanted.add(event);
  }

  /** Resolves once the hub no longer tells of these. */
  async unsubscribe(events: readonly AutomationEventType[]): Promise<void> {
    for (const event of events) this.#wanted.delete(event);
    if (this.isWelcome) await this.#ask('unsubscribe', events);
  }

  protected override welcomed(done: () => void): void {
    if (this.#wanted.size === 0) done();
    else this.#ask('subscribe', this.events).then(done, (error: unknown) => this.fail(error));
  }

  protected override answered(message: { readonly type: string }): boolean {
    const isAnswer = message.type === 'subscribed' || message.type === 'unsubscribed';
    if (!isAnswer && (message.type !== dialect.words.error || this.#asked.length === 0)) return false;
    const asked = this.#asked.shift();
    if (isAnswer) asked?.resolve();
    else asked?.reject(this.errorIn(message));
    return true;
  }

  protected override lost(error: RoundhouseError): void {
    for (const { reject } of this.#asked.splice(0)) reject(error);
  }

  #ask(type: 'subscribe' | 'unsubscribe', events: readonly AutomationEventType[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.send({ type, events });
    });
  }
}
