import { memberText, withMember } from '@roundhouse/proto/json';
import type { ServerRecord } from '../../servers/record.js';
import { readPages } from '../lists/lists.js';
import type { McpPassThrough } from '../pass-through.js';
import type { McpClient } from './client.js';
import type { Asks, PrivateInstance, PrivateInstances } from './instances.js';
import type { Interests, OwnSubscriptions } from './interests.js';

const UPDATED = 'notifications/resources/updated';

/**
 * Characters of an update's params, and of its URI, at most. Each subscriber gets a copy, and a client that does not read keeps it in the hub's
 * memory: of longer params clients get the URI only, and of a longer URI nothing.
 */
const most = { params: 64 * 1024, uri: 8 * 1024 };

export interface NoticeParts {
  readonly interests: Interests;
  readonly own: OwnSubscriptions;
  readonly readings: ToolReadings;
  readonly asks: Asks;
  /** A list of a server that all share is another one now. */
  readonly stale: (serverId: string, list: 'resources' | 'prompts') => void;
  /** A list of one client is another one now. */
  readonly changed: (client: McpClient, list: 'resources' | 'prompts') => void;
}

/** Passes the notifications of servers on to the clients that they concern. */
export class Notices {
  readonly #parts: NoticeParts;

  constructor(parts: NoticeParts) {
    this.#parts = parts;
  }

  /** A notice of the shared instance of a server. Its log messages belong to one caller's call, so the hub tells no other client. */
  ofServer(server: ServerRecord, method: string, params: string): void {
    if (method === 'notifications/resources/list_changed') this.#parts.stale(server.id, 'resources');
    else if (method === 'notifications/prompts/list_changed') this.#parts.stale(server.id, 'prompts');
    else if (method === UPDATED) this.#updated(server, params);
  }

  #updated(server: ServerRecord, params: string): void {
    const bounded = boundedUpdate(params);
    if (bounded === undefined) return;
    for (const client of this.#parts.interests.subscribers(server.id, uriOf(bounded)))
      if (client.view.covers(server)) client.listener.notify(UPDATED, exposedParams(client, server, bounded));
  }

  /** A notification of an instance that belongs to one client. */
  ofInstance(instance: PrivateInstance, method: string, params: string): void {
    const { client, server } = instance;
    switch (method) {
      case 'notifications/tools/list_changed':
        this.#parts.readings.read(instance);
        break;
      case 'notifications/resources/list_changed':
        this.#parts.changed(client, 'resources');
        break;
      case 'notifications/prompts/list_changed':
        this.#parts.changed(client, 'prompts');
        break;
      case UPDATED: {
        const bounded = boundedUpdate(params);
        if (bounded !== undefined) client.listener.notify(method, exposedParams(client, server, bounded));
        break;
      }
      case 'notifications/cancelled': {
        const { requestId, reason } = JSON.parse(params || '{}') as {
          readonly requestId?: unknown;
          readonly reason?: unknown;
        };
        this.#parts.asks.cancel(instance, String(requestId), typeof reason === 'string' ? reason : '');
        break;
      }
      case 'notifications/message':
        // Without level and data it says nothing, and no client could read it.
        if (params !== '') client.listener.notify(method, params);
        break;
      default:
        // Progress comes with the call that it belongs to: here a server could name the call of another server.
        if (method.startsWith('notifications/') && method !== 'notifications/progress')
          client.listener.notify(method, params);
    }
  }

  /** Notices of a server that had no way to the hub are lost: the hub tells its subscribers, to be on the safe side. */
  missed(server: ServerRecord): void {
    for (const uri of this.#parts.interests.uris(server.id)) this.#updated(server, JSON.stringify({ uri }));
  }

  /** The same of an instance, whose lists are looked up, too. */
  missedOf(instance: PrivateInstance): void {
    const { client } = instance;
    const { readings, changed } = this.#parts;
    readings.read(instance);
    for (const list of ['resources', 'prompts'] as const) changed(client, list);
    this.updatedOf(instance);
  }

  /** Tells the client that resources may have changed that it subscribed to at an instance. */
  updatedOf(instance: PrivateInstance): void {
    const { client, server } = instance;
    for (const uri of this.#parts.own.of(instance))
      client.listener.notify(UPDATED, exposedParams(client, server, JSON.stringify({ uri })));
  }
}

function boundedUpdate(params: string): string | undefined {
  const uri = uriOf(params);
  if (uri.length > most.uri) return undefined;
  return params.length > most.params ? JSON.stringify({ uri }) : params;
}

function uriOf(params: string): string {
  const uri: unknown = JSON.parse((params === '' ? undefined : memberText(params, 'uri')) ?? '""');
  return typeof uri === 'string' ? uri : '';
}

function exposedParams(client: McpClient, server: ServerRecord, params: string): string {
  return withMember(params || '{}', 'uri', JSON.stringify(client.exposed(server, uriOf(params))));
}

/** Reads the tools of private instances again: one reading of each at a time, and one more for all that was announced meanwhile. */
export class ToolReadings {
  readonly #passThrough: McpPassThrough;
  readonly #instances: PrivateInstances;
  readonly #onRead: () => void;
  /** Lists that are being read, and whether the server announced a change since. */
  readonly #reading = new Map<PrivateInstance, boolean>();

  /** `onRead`: an instance may have other tools now. */
  constructor(passThrough: McpPassThrough, instances: PrivateInstances, onRead: () => void) {
    this.#passThrough = passThrough;
    this.#instances = instances;
    this.#onRead = onRead;
  }

  /** Its tools may have changed. The known ones stay until the new list is read. */
  read(instance: PrivateInstance): void {
    if (this.#reading.has(instance)) {
      this.#reading.set(instance, true);
      return;
    }
    this.#reading.set(instance, false);
    this.#readOnce(instance)
      // Unreadable params stay as they are.
      .catch(() => {})
      .finally(() => {
        const again = this.#reading.get(instance);
        this.#reading.delete(instance);
        if (again && this.#instances.byId(instance.id) === instance) this.read(instance);
      });
  }

  async #readOnce(instance: PrivateInstance): Promise<void> {
    const { id: instanceId, server } = instance;
    const tools = await readPages(this.#passThrough, { server, instanceId }, 'tools/list', 'tools', 'name');
    instance.tools = tools.flatMap(({ json }) => this.#instances.readTool(server.id, json) ?? []);
    this.#onRead();
  }
}
