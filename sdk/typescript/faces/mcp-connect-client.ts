import { type ClientOptions, Roundhouse } from '../client.js';
import type { CallOptions } from '../core/caller.js';
import type { EventStream, EventStreamOptions } from '../core/event-stream.js';
import type { Stream, StreamOptions } from '../core/stream.js';
import type { CallEvent } from '../core/streams.js';
import type { Connect, ConnectTools } from '../gen/connect.js';
import type * as types from '../gen/connect.types.js';

/** Which server's tool, and how long it may take. */
export interface InvokeOptions extends CallOptions {
  /** Id or name; needed where several servers have the tool. */
  readonly server?: string | undefined;
}

export interface SubscribeOptions extends EventStreamOptions {
  /** Of these servers only: ids or names. */
  readonly servers?: readonly string[] | undefined;
  /** Told if the subscription ends for a reason that coming back does not cure, or its listener throws. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** An event subscription. */
export interface Subscription {
  /** Resolves once the hub sends events. @throws RoundhouseError the hub's refusal */
  readonly opened: Promise<void>;
  close(): void;
}

/** Tools, called with their arguments as they are. */
export class ToolsFace {
  readonly #tools: ConnectTools;

  constructor(tools: ConnectTools) {
    this.#tools = tools;
  }

  list(query?: types.ListToolsQuery, options?: CallOptions): Promise<types.ListToolsResult> {
    return this.#tools.list(query, options);
  }

  invoke(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    { server, ...options }: InvokeOptions = {},
  ): Promise<types.InvokeToolResult> {
    return this.#tools.invoke(name, bodyOf(args, server), options);
  }

  /** Tells its progress and log messages as they come, then its result. */
  invokeStream(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    { server, ...options }: StreamOptions & Pick<InvokeOptions, 'server'> = {},
  ): Stream<CallEvent<types.InvokeToolResult>> {
    return this.#tools.invokeStream(name, bodyOf(args, server), options);
  }
}

function bodyOf(args: Readonly<Record<string, unknown>>, server: string | undefined): types.InvokeToolBody {
  return { arguments: args, ...(server === undefined ? {} : { serverId: server }) };
}

/** Events, to a listener or one by one. */
export class EventsFace {
  readonly #connect: Connect;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /** Calls the listener with each event, until the subscription is closed. Without types it gets all events. */
  subscribe(
    eventTypes: readonly types.EventType[],
    listener: (event: types.ServerEvent) => void,
    { servers, onError, ...options }: SubscribeOptions = {},
  ): Subscription {
    const stream = this.stream({ types: eventTypes, ...(servers === undefined ? {} : { servers }) }, options);
    const opened = stream.open();
    // A caller that does not wait for `opened` gets the failure through `onError`.
    opened.catch(() => undefined);
    const read = async () => {
      for await (const event of stream) listener(event);
    };
    read().catch((error: unknown) => onError?.(error));
    return { opened, close: () => stream.close() };
  }

  /** The same one by one. */
  stream(
    {
      types: eventTypes = [],
      servers,
    }: { readonly types?: readonly types.EventType[]; readonly servers?: readonly string[] } = {},
    options?: EventStreamOptions,
  ): EventStream<types.ServerEvent> {
    const query = {
      ...(eventTypes.length === 0 ? {} : { types: eventTypes }),
      ...(servers === undefined ? {} : { servers }),
    };
    return this.#connect.sse.streamEvents(query, options);
  }
}

/**
 * The Connect API in the shape of its document's SDK example.
 *
 * @example
 * const client = new MCPConnectClient({ baseUrl: 'https://your-deployment.example.com', apiKey: 'your-api-key' });
 * const tools = await client.tools.list({ category: 'storage' });
 * const result = await client.tools.invoke('read_file', { path: '/home/user/document.txt' });
 * client.events.subscribe(['server.connected', 'tool.invoked'], (event) => console.log('Event:', event.type, event.data));
 */
export class MCPConnectClient {
  /** The whole client. */
  readonly hub: Roundhouse;
  readonly tools: ToolsFace;
  readonly events: EventsFace;

  constructor(options: ClientOptions) {
    this.hub = new Roundhouse(options);
    this.tools = new ToolsFace(this.hub.connect.tools);
    this.events = new EventsFace(this.hub.connect);
  }

  get servers() {
    return this.hub.connect.servers;
  }

  get groups() {
    return this.hub.connect.groups;
  }

  get templates() {
    return this.hub.connect.templates;
  }

  get favorites() {
    return this.hub.connect.favorites;
  }

  get cache() {
    return this.hub.connect.cache;
  }

  get audit() {
    return this.hub.connect.audit;
  }

  get monitor() {
    return this.hub.connect.monitor;
  }

  get webhooks() {
    return this.hub.connect.webhooks;
  }
}
