import { memberText, withMember } from '@roundhouse/proto/json';
import { payerOf } from '../../../domain/access/caller.js';
import { CancelSource } from '../../../domain/cancellation.js';
import type { Domain } from '../../../domain/domain.js';
import { DomainError } from '../../../domain/errors.js';
import { answers, type ClientListener, type McpClient } from '../../../domain/mcp/clients/client.js';
import { ownUri } from '../../../domain/mcp/lists/names.js';
import { type Context, SseReply } from '../../../http/endpoint.js';
import { boundedUri } from '../bounds.js';
import type { McpCall, Method } from '../call.js';
import {
  invalidParams,
  isObject,
  notificationText,
  type Params,
  type RpcRequest,
  resultText,
  toRpcError,
} from '../json-rpc.js';
import { MessageStream } from '../message-stream.js';
import { OwnerCounts } from '../owners.js';
import type { Surroundings } from '../requests.js';
import { envelopeOf, ofSubscription, type RequestMeta, subscriptionMeta } from './meta.js';
import type { StatelessClients } from './stateless-clients.js';

/** How many streams all callers may have, and how many one caller. */
const MOST = { all: 10_000, ofCaller: 500 };
/** How many resources one stream may name, and how many characters their URIs may have together. */
const MAX_RESOURCES = { count: 1000, characters: 256 * 1024 };
/** How long servers may take to accept subscriptions, milliseconds. Subscriptions that are accepted later are not part of the stream. */
const ACCEPT_MS = 5000;

const lists = { toolsListChanged: 'tools', promptsListChanged: 'prompts', resourcesListChanged: 'resources' } as const;

interface Listening {
  readonly stream: MessageStream;
  readonly client: McpClient;
  /** The resources that it names. Those whose servers refuse a subscription are forgotten. */
  readonly uris: Set<string>;
  /** Sends the response, which ends the stream. */
  end(): void;
}

/** `subscriptions/listen`: streams of changes. Each lasts as long as its request. */
export class Listenings {
  readonly #domain: Domain;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #statelessClients: StatelessClients;
  readonly #open = new Set<Listening>();
  readonly #counts = new OwnerCounts();

  /** @param statelessClients the clients that servers can ask: a stream gets the messages of their own instances */
  constructor(domain: Domain, methods: ReadonlyMap<string, Method>, statelessClients: StatelessClients) {
    this.#domain = domain;
    this.#methods = methods;
    this.#statelessClients = statelessClients;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @throws RpcError -32602; DomainError `unavailable` if there are too many */
  open(context: Context, around: Surroundings, { id, params }: RpcRequest, meta: RequestMeta): SseReply {
    const { capabilities, info = {} } = meta;
    const wanted = readFilter(params);
    const payer = payerOf(context.caller);
    if (this.#open.size >= MOST.all || this.#counts.of(payer) >= MOST.ofCaller)
      throw new DomainError('unavailable', 'Too many subscriptions are open', { retryAfter: 5 });
    const { clients } = this.#domain.mcp;
    const ofThis = subscriptionMeta(id);
    const early: string[] = [];
    let acknowledged = false;
    const tell = (text: string) => (acknowledged ? stream.send(text) : early.push(text));
    const listener: ClientListener = {
      notify: (method, told) => {
        if (wanted.notifications.has(method) && isWanted(told, wanted.uris))
          tell(notificationText(method, ofSubscription(told === '' ? '{}' : told, id)));
      },
      // Questions go to the client's calls.
      ask: () => {},
      unask: () => {},
    };
    const known = answers(capabilities)
      ? this.#statelessClients.listen(around, { capabilities, info }, listener)
      : undefined;
    const client = known?.client ?? clients.open(around.view, { capabilities: {}, info }, listener);
    // Another stream of the client may still wait for the notice of a change: the change must not count as reported.
    clients.told(client, clients.offer(client), false);
    const call: McpCall = {
      ...around,
      client,
      stateless: { envelope: envelopeOf(meta), asked: undefined, server: undefined },
      signal: new CancelSource(),
      onProgress: undefined,
      onLog: undefined,
      reaches: () => {},
    };
    const over = () => {
      if (!this.#open.delete(listening)) return;
      this.#counts.drop(payer);
      if (!known) clients.close(client);
      else this.#unsubscribe(call, listening).finally(() => this.#statelessClients.unlisten(known, listener));
    };
    const stream = new MessageStream(0, false, {
      connected: () => {},
      disconnected: over,
      missed: over,
      caller: (caller) => clients.refresh(client, caller),
    });
    const end = () => {
      stream.send(resultText(id, `{"resultType":"complete","_meta":${ofThis}}`));
      stream.finish();
      over();
    };
    const listening: Listening = { stream, client, uris: wanted.uris, end };
    this.#open.add(listening);
    this.#counts.add(payer);
    context.signal.addEventListener('abort', over, { once: true });
    const namesResources = wanted.uris.size > 0;
    this.#subscribe({ ...call, signal: context.signal }, wanted.uris).then((resourceSubscriptions) => {
      const notifications = { ...wanted.lists, ...(namesResources ? { resourceSubscriptions } : {}) };
      const told = withMember(JSON.stringify({ notifications }), '_meta', ofThis);
      stream.send(notificationText('notifications/subscriptions/acknowledged', told));
      acknowledged = true;
      for (const text of early.splice(0)) stream.send(text);
    }, around.onError);
    return new SseReply(stream.connect(context.caller));
  }

  close(): void {
    for (const listening of [...this.#open]) listening.end();
  }

  /** Ends the subscriptions that no other stream of the client wants. */
  async #unsubscribe(call: McpCall, { client, uris }: Listening): Promise<void> {
    const unsubscribe = this.#methods.get('resources/unsubscribe');
    const others = [...this.#open].filter((one) => one.client === client);
    const left = [...uris].filter((uri) => !others.some((one) => one.uris.has(uri)));
    // A server that is gone does not need the message.
    await Promise.allSettled(left.map((uri) => unsubscribe?.(call, { uri })));
  }

  /** Subscribes, and forgets the URIs that cannot be subscribed to. @returns the URIs whose servers have accepted */
  async #subscribe(call: McpCall, uris: Set<string>): Promise<string[]> {
    const subscribe = this.#methods.get('resources/subscribe');
    if (!subscribe || uris.size === 0) return [];
    const agreed = new Set<string>();
    const asked = [...uris].map(async (uri) => {
      try {
        await subscribe(call, { uri });
        agreed.add(uri);
      } catch (error) {
        uris.delete(uri);
        if (toRpcError(error).code === -32603) throw error;
      }
    });
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise((resolve) => {
      timer = setTimeout(resolve, ACCEPT_MS);
    });
    await Promise.race([Promise.all(asked), enough]).finally(() => clearTimeout(timer));
    return [...uris].filter((uri) => agreed.has(uri));
  }
}

/** Whether a notification names no resource, or one of these resources. @param params JSON text */
function isWanted(params: string, uris: ReadonlySet<string>): boolean {
  const uri = memberText(params === '' ? '{}' : params, 'uri');
  if (uri === undefined) return true;
  const told = String(JSON.parse(uri));
  return uris.has(told) || uris.has(ownUri(told)?.uri ?? '');
}

function readFilter({ notifications }: Params) {
  if (!isObject(notifications)) throw invalidParams('notifications', 'must be an object');
  const agreed: Record<string, true> = {};
  const heard = new Set<string>();
  for (const [name, list] of Object.entries(lists)) {
    const value = notifications[name];
    if (value !== undefined && typeof value !== 'boolean')
      throw invalidParams(`notifications.${name}`, 'must be a boolean');
    if (value !== true) continue;
    agreed[name] = true;
    heard.add(`notifications/${list}/list_changed`);
  }
  const uris = readUris('notifications.resourceSubscriptions', notifications.resourceSubscriptions ?? []);
  if (uris.size > 0) heard.add('notifications/resources/updated');
  return { lists: agreed, notifications: heard, uris };
}

/** @throws RpcError -32602 */
function readUris(field: string, value: unknown): Set<string> {
  const isList = Array.isArray(value) && value.every((uri) => typeof uri === 'string');
  if (!isList) throw invalidParams(field, 'must be an array of strings');
  const { count, characters } = MAX_RESOURCES;
  if (value.length > count) throw invalidParams(field, `must not hold more than ${count}`);
  const uris = new Set(value.map((uri, at) => boundedUri(`${field}[${at}]`, uri)));
  if ([...uris].reduce((sum, { length }) => sum + length, 0) > characters)
    throw invalidParams(field, `has more than ${characters} characters in all`);
  return uris;
}
