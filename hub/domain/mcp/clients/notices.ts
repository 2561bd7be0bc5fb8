import { memberText, withMember } from '@roundhouse/proto/json';
import type { Redactor } from '../../audit/redactor.js';
import type { ServerRecord } from '../../servers/record.js';
import { readDefinitions } from '../lists/lists.js';
import type { McpPassThrough } from '../pass-through.js';
import type { McpClient } from './client.js';
import type { Asks, PrivateInstance, PrivateInstances } from './instances.js';
import type { Interests, OwnSubscriptions } from './interests.js';

const UPDATED = 'notifications/resources/updated';

/**
 * The most characters of an update's params, and of its URI. The hub keeps a copy in memory for each subscriber until the client reads it.
 * If the params are longer, clients get only the URI; if the URI is longer, they get no update.
 */
const most = { params: 64 * 1024, uri: 8 * 1024 };

export interface NoticeParts {
  readonly interests: Interests;
  readonly own: OwnSubscriptions;
  readonly readings: ToolReadings;
  readonly asks: Asks;
  /** A list of a shared instance has changed. */
  readonly stale: (serverId: string, list: 'resources' | 'prompts') => void;
  /** A list of one client has changed. */
  readonly changed: (client: McpClient, list: 'resources' | 'prompts') => void;
}

/** Passes the notifications of servers on to the clients that they concern. Only a text that a client gets is searched for secrets. */
export class Notices {
  readonly #parts: NoticeParts;

  constructor(parts: NoticeParts) {
    this.#parts = parts;
  }

  /** Passes on a notification of a server's shared instance, but no log message: that belongs to the call of one caller. */
  ofServer(server: ServerRecord, method: string, params: string, secrets: Redactor): void {
    if (method === 'notifications/resources/list_changed') this.#parts.stale(server.id, 'resources');
    else if (method === 'notifications/prompts/list_changed') this.#parts.stale(server.id, 'prompts');
    else if (method === UPDATED) this.#updated(server, params, secrets);
  }

  #updated(server: ServerRecord, params: string, secrets?: Redactor): void {
    const uri = shownUri(params, secrets);
    if (uri === undefined) return;
    let update: string | undefined;
    for (const client of this.#parts.interests.subscribers(server.id, uri)) {
      if (!client.view.reads || !client.view.covers(server)) continue;
      update ??= boundedUpdate(uri, params, secrets);
      client.listener.notify(UPDATED, exposedParams(client, server, update));
    }
  }

  /** A notification of an instance that belongs to one client. */
  ofInstance(instance: PrivateInstance, method: string, sent: string, secrets: Redactor): void {
    const { client, server } = instance;
    const said = () => secrets.json(sent);
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
        const uri = shownUri(sent, secrets);
        if (uri !== undefined && client.view.reads)
          client.listener.notify(method, exposedParams(client, server, boundedUpdate(uri, sent, secrets)));
        break;
      }
      case 'notifications/cancelled': {
        const { requestId, reason } = JSON.parse(said() || '{}') as {
          readonly requestId?: unknown;
          readonly reason?: unknown;
        };
        this.#parts.asks.cancel(instance, String(requestId), typeof reason === 'string' ? reason : '');
        break;
      }
      case 'notifications/message':
        // Without level and data it says nothing, and no client could read it.
        if (sent !== '') client.listener.notify(method, said());
        break;
      default:
        // Progress comes with the call that it belongs to: here a server could name the call of another server.
        if (method.startsWith('notifications/') && method !== 'notifications/progress')
          client.listener.notify(method, said());
    }
  }

  /** Notifications of a server are lost while its agent is away: its subscribers get an update for each resource. */
  missed(server: ServerRecord): void {
    for (const uri of this.#parts.interests.uris(server.id)) this.#updated(server, JSON.stringify({ uri }));
  }

  /** As {@link missed}, for a private instance. The hub also reads its lists again. */
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
    if (!client.view.reads) return;
    for (const uri of this.#parts.own.of(instance))
      client.listener.notify(UPDATED, exposedParams(client, server, JSON.stringify({ uri })));
  }
}

/** The URI of an update as clients see it; `undefined` if it is too long. */
function shownUri(params: string, secrets: Redactor | undefined): string | undefined {
  const uri = uriOf(params);
  return uri.length > most.uri ? undefined : (secrets?.text(uri) ?? uri);
}

/** The params of an update as clients see them. */
function boundedUpdate(uri: string, params: string, secrets: Redactor | undefined): string {
  return params.length > most.params ? JSON.stringify({ uri }) : (secrets?.json(params) ?? params);
}

function uriOf(params: string): string {
  const uri: unknown = JSON.parse((params === '' ? undefined : memberText(params, 'uri')) ?? '""');
  return typeof uri === 'string' ? uri : '';
}

function exposedParams(client: McpClient, server: ServerRecord, params: string): string {
  return withMember(params || '{}', 'uri', JSON.stringify(client.exposed(server, uriOf(params))));
}

/** The least time between two readings of the tools of an instance, milliseconds: its server can announce changes without end. */
const PAUSE_MS = 1_000;

/**
 * Reads the tools of private instances again: one reading of an instance at a time, and one more after a pause if the server announces changes
 * meanwhile.
 */
export class ToolReadings {
  readonly #passThrough: McpPassThrough;
  readonly #instances: PrivateInstances;
  readonly #onRead: () => void;
  /** Lists that are being read or were read a moment ago, and whether the server announced a change since. */
  readonly #reading = new Map<PrivateInstance, boolean>();

  /** `onRead`: an instance may have other tools now. */
  constructor(passThrough: McpPassThrough, instances: PrivateInstances, onRead: () => void) {
    this.#passThrough = passThrough;
    this.#instances = instances;
    this.#onRead = onRead;
  }

  /** Reads the tools of an instance. The known tools stay until the new list is read. */
  read(instance: PrivateInstance): void {
    if (this.#reading.has(instance)) {
      this.#reading.set(instance, true);
      return;
    }
    this.#reading.set(instance, false);
    this.#readOnce(instance)
      // Unreadable params stay as they are.
      .catch(() => {})
      .finally(() => setTimeout(() => this.#readAgain(instance), PAUSE_MS).unref());
  }

  #readAgain(instance: PrivateInstance): void {
    const again = this.#reading.get(instance);
    this.#reading.delete(instance);
    if (again && this.#instances.byId(instance.id) === instance) this.read(instance);
  }

  async #readOnce(instance: PrivateInstance): Promise<void> {
    const { id: instanceId, server } = instance;
    await this.#instances.keepTools(instance, await readDefinitions(this.#passThrough, { server, instanceId }));
    this.#onRead();
  }
}
