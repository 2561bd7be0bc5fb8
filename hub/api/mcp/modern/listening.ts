import type { Domain } from '../../../domain/domain.js';
import { DomainError } from '../../../domain/errors.js';
import { withMember } from '../../../domain/mcp/json-text.js';
import type { ClientListener } from '../../../domain/mcp/listener.js';
import { type Context, SseReply } from '../../../http/endpoint.js';
import type { McpCall, Method } from '../call.js';
import { isObject, notificationText, type Params, type RpcRequest, resultText } from '../json-rpc.js';
import { MessageStream } from '../message-stream.js';
import { OwnerCounts, ownerOf } from '../owners.js';
import type { Surroundings } from '../requests.js';
import { invalidParams, toRpcError } from '../rpc-error.js';
import { ofSubscription, type RequestMeta, subscriptionMeta } from './meta.js';

/** Streams of all callers, and of one. */
const MOST = { all: 10_000, ofCaller: 500 };
/** Resources of one stream. */
const MAX_RESOURCES = 1000;
/** How long servers may take to accept subscriptions; what they have not accepted by then is not part of the stream, milliseconds. */
const ACCEPT_MS = 5000;

const lists = { toolsListChanged: 'tools', promptsListChanged: 'prompts', resourcesListChanged: 'resources' } as const;

interface Listening {
  readonly stream: MessageStream;
  /** Sends the response, which ends the stream. */
  end(): void;
}

/** `subscriptions/listen`: streams of what changes, each as long as its request. */
export class Listenings {
  readonly #domain: Domain;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #open = new Set<Listening>();
  readonly #counts = new OwnerCounts();

  constructor(domain: Domain, methods: ReadonlyMap<string, Method>) {
    this.#domain = domain;
    this.#methods = methods;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @throws RpcError -32602; DomainError `unavailable` where there are too many. */
  open(context: Context, around: Surroundings, { id, params }: RpcRequest, { info = {} }: RequestMeta): SseReply {
    const wanted = readFilter(params);
    const owner = ownerOf(context.caller);
    if (this.#open.size >= MOST.all || this.#counts.of(owner) >= MOST.ofCaller)
      throw new DomainError('unavailable', 'Too many subscriptions are open', { retryAfter: 5 });
    const { clients } = this.#domain.mcp;
    const meta = subscriptionMeta(id);
    const early: string[] = [];
    let acknowledged = false;
    const tell = (text: string) => (acknowledged ? stream.send(text) : early.push(text));
    const listener: ClientListener = {
      notify: (method, told) => {
        if (wanted.notifications.has(method))
          tell(notificationText(method, ofSubscription(told === '' ? '{}' : told, id)));
      },
      // It offers nothing: nobody asks it anything.
      ask: () => {},
      unask: () => {},
    };
    const client = clients.open(around.view, { capabilities: {}, info }, listener);
    client.toldTools = clients.offer(client).tag;
    const over = () => {
      if (!this.#open.delete(listening)) return;
      this.#counts.drop(owner);
      clients.close(client);
    };
    const stream = new MessageStream(0, false, {
      connected: () => {},
      disconnected: over,
      missed: over,
      caller: (caller) => clients.refresh(client, caller),
    });
    const end = () => {
      stream.send(resultText(id, `{"resultType":"complete","_meta":${meta}}`));
      stream.finish();
      over();
    };
    const listening: Listening = { stream, end };
    this.#open.add(listening);
    this.#counts.add(owner);
    context.signal.addEventListener('abort', over, { once: true });
    const call = { ...around, client, signal: context.signal, onProgress: undefined, onLog: undefined };
    this.#subscribe({ ...call, reaches: () => {} }, wanted.uris).then((resourceSubscriptions) => {
      const notifications = { ...wanted.lists, ...(wanted.uris.length > 0 ? { resourceSubscriptions } : {}) };
      const told = withMember(JSON.stringify({ notifications }), '_meta', meta);
      stream.send(notificationText('notifications/subscriptions/acknowledged', told));
      acknowledged = true;
      for (const text of early.splice(0)) stream.send(text);
    }, around.onError);
    return new SseReply(stream.connect(context.caller));
  }

  close(): void {
    for (const listening of [...this.#open]) listening.end();
  }

  /** Gives the URIs whose servers have agreed. */
  async #subscribe(call: McpCall, uris: readonly string[]): Promise<string[]> {
    const subscribe = this.#methods.get('resources/subscribe');
    if (!subscribe || uris.length === 0) return [];
    const agreed = new Set<string>();
    const asked = uris.map(async (uri) => {
      try {
        await subscribe(call, { uri });
        agreed.add(uri);
      } catch (error) {
        if (toRpcError(error).code === -32603) throw error;
      }
    });
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise((resolve) => {
      timer = setTimeout(resolve, ACCEPT_MS);
    });
    await Promise.race([Promise.all(asked), enough]).finally(() => clearTimeout(timer));
    return uris.filter((uri) => agreed.has(uri));
  }
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
  const uris = notifications.resourceSubscriptions ?? [];
  const isList = Array.isArray(uris) && uris.every((uri) => typeof uri === 'string');
  if (!isList) throw invalidParams('notifications.resourceSubscriptions', 'must be an array of strings');
  if (uris.length > MAX_RESOURCES)
    throw invalidParams('notifications.resourceSubscriptions', `must not hold more than ${MAX_RESOURCES}`);
  if (uris.length > 0) heard.add('notifications/resources/updated');
  return { lists: agreed, notifications: heard, uris: [...new Set<string>(uris)] };
}
