import { capabilityOf } from '@roundhouse/proto/unsolicited';
import type { ObservedTool } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import { exposedUri } from '../lists/names.js';
import type { OwnTools, ToolOffer, ToolOffers } from '../lists/tool-offers.js';
import type { McpView } from '../view.js';

/** A request of a server to a client: sampling, elicitation, roots. */
export interface ClientAsk {
  /** The id that the answer names. */
  readonly id: string;
  readonly server: ServerRecord;
  readonly method: string;
  /** A JSON object; empty for none. */
  readonly params: string;
}

/**
 * Receives the messages that servers send by themselves. The MCP endpoint implements it. The hub may call it until the client is closed.
 */
export interface ClientListener {
  /** A notification, with names and URIs as the client knows them. `params`: JSON text, empty for none. */
  notify(method: string, params: string): void;
  ask(ask: ClientAsk): void;
  /** The server no longer wants an answer. */
  unask(askId: string, reason: string): void;
}

/** MCP's log levels, the least first. */
export const logLevels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;
export type McpLogLevel = (typeof logLevels)[number];

export function isLogLevel(value: unknown): value is McpLogLevel {
  return logLevels.includes(value as McpLogLevel);
}

/** The client's description of itself. */
export interface ClientHello {
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly info: Readonly<Record<string, unknown>>;
}

interface OwnToolsOf {
  readonly server: ServerRecord;
  readonly tools: readonly ObservedTool[];
}

/** The tools of a client's own instances, by server. */
export function ownTools(own: readonly OwnToolsOf[]): OwnTools {
  return new Map(own.map((instance) => [instance.server.id, instance]));
}

/** Whether servers can ask a client with these capabilities. Such a client needs an instance of its own. */
export function answers(capabilities: ClientHello['capabilities']): boolean {
  return [...capabilityOf.values()].some((capability) => capability in capabilities);
}

/** One MCP client with a session: its view, its capabilities and its subscriptions. */
export class McpClient {
  view: McpView;
  /** The least log level that the client wants; `undefined` if it has set none. */
  logLevel: McpLogLevel | undefined;
  /** Whether servers can ask the client: then it needs instances of its own. */
  readonly answers: boolean;
  /** When its last connection ended, `performance.now()`; `undefined` while it is connected. */
  awaySince: number | undefined;
  /** The tag of the offer that the client listed last; empty before its first list. */
  toldTools = '';
  /** Why its last instance of a server ended, by the server's id. The client learns it with its next call of the server. */
  readonly lost = new Map<string, string>();
  /** Lists that have changed since the last message about them. */
  readonly changed = new Set<'tools' | 'resources' | 'prompts'>();

  #offer: { readonly made: readonly unknown[]; readonly offer: ToolOffer } | undefined;

  constructor(
    view: McpView,
    readonly hello: ClientHello,
    readonly listener: ClientListener,
  ) {
    this.view = view;
    this.answers = answers(hello.capabilities);
  }

  /** The tools that are offered to this client, with the tools of its own instances. Computed again only after a change. */
  offered(offers: ToolOffers, own: readonly OwnToolsOf[]): ToolOffer {
    const made = [offers.version, this.view.key, ...own.map(({ tools }) => tools)];
    const kept = this.#offer;
    if (kept && kept.made.length === made.length && made.every((part, i) => part === kept.made[i])) return kept.offer;
    const offer = offers.of(this.view, ownTools(own));
    this.#offer = { made, offer };
    return offer;
  }

  /** A server's URI as this client knows it. */
  exposed(server: ServerRecord, uri: string): string {
    return this.view.serverId === undefined ? exposedUri(server.name, uri) : uri;
  }
}
