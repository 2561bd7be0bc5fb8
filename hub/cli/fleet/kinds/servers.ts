import type { connect } from '@roundhouse/sdk';
import { defined, pick } from '../../frame/values.js';
import type { ServerEntry } from '../format.js';
import { replaced, SECRET } from '../secrets.js';
import { type Access, type Found, ifThere, type KindOf, type State } from './kind.js';

type Auth = NonNullable<ServerEntry['auth']>;

/** MCP servers. */
export const servers: KindOf<ServerEntry> = {
  section: 'servers',
  noun: 'server',
  fixed: ['site'],
  async read(access) {
    await access.listGroups();
    const listed = await access.hub.connect.servers.list({}, access.options);
    // Files describe the shared fleet. The list for an admin also has the personal servers of all people.
    return listed.filter(({ personal }) => !personal).map((server) => foundOf(access, server));
  },
  async look(access, { id }) {
    const now = await ifThere(access.hub.connect.servers.get(id, access.options));
    return now && foundOf(access, now);
  },
  stateOf({ transport, auth = { type: 'none' }, group = null, enabled, connected, ...same }, access) {
    return {
      ...same,
      // Upper and lower case do not distinguish names.
      group: group && (access.group(group)?.name ?? group),
      enabled,
      connected: enabled && connected,
      transport: transportState(transport as connect.TransportInput),
      auth: authState(replaced(auth, () => SECRET) as connect.Auth),
    };
  },
  needsSecrets: (fields) => fields.includes('transport') || fields.includes('auth'),
  async create(access, name, entry) {
    const { enabled, connected } = entry;
    const { id } = await access.hub.connect.servers.create({ name, ...bodyOf(access, entry) }, access.options);
    if (enabled && connected) access.toConnect.set(id, name);
  },
  async update(access, { id, name }, entry, { fields, hasSecrets }) {
    const sent = new Set(fields);
    // The secret of `auth` is sent to the address of the transport, so the hub wants both in one request.
    if (hasSecrets) for (const field of ['transport', 'auth']) sent.add(field);
    if (sent.delete('group')) sent.add('groupId');
    if (sent.delete('connected') && entry.enabled)
      (entry.connected ? access.toConnect : access.toDisconnect).set(id, name);
    if (sent.size > 0) await access.hub.connect.servers.update(id, pick(bodyOf(access, entry), sent), access.options);
  },
  remove: ({ hub, options }, { id }) => hub.connect.servers.delete(id, options),
  async finish(access) {
    const { hub, options, toConnect, toDisconnect } = access;
    const failed: string[] = [];
    for (const serverIds of inParts([...toDisconnect.keys()]))
      failed.push(...failuresIn(await hub.connect.servers.disconnectServers({ serverIds }, options), toDisconnect));
    for (const serverIds of inParts([...toConnect.keys()]))
      failed.push(...failuresIn(await hub.connect.servers.connectServers({ serverIds }, options), toConnect));
    return failed;
  },
  entryOf({ connected, enabled, ...same }) {
    // A disabled server is never connected.
    return { ...same, enabled, connected: enabled ? connected : undefined };
  },
};

function foundOf(access: Access, server: connect.Server): Found {
  const { id, name, description, site, enabled, transport, auth, healthCheck, rateLimits, limits, cache } = server;
  const state: State = {
    ...{ description, site, group: access.groupName(server.groupId), enabled },
    connected: server.runtime.health !== null,
    // The hub masks all values of variables and headers.
    transport: transportState(transport as connect.TransportInput),
    auth: authState(auth),
    ...{ healthCheck, rateLimits, limits, cache, metadata: { metricsPath: null, ...server.metadata } },
  };
  return { id, name, state };
}

/** How many servers the hub connects at a time. */
const AT_ONCE = 20;

function inParts(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, at) =>
    ids.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  );
}

interface Outcome {
  readonly serverId: string;
  readonly error?: string;
}

function failuresIn(
  { results }: { readonly results: readonly Outcome[] },
  names: ReadonlyMap<string, string>,
): string[] {
  return results.flatMap(({ serverId, error }) =>
    error === undefined ? [] : [`server '${names.get(serverId) ?? serverId}': ${error}`],
  );
}

/** The defaults of the hub for a policy. */
const reconnectDefaults = {
  enabled: true,
  maxAttempts: 10,
  initialDelayMs: 1000,
  maxDelayMs: 30_000,
  backoffMultiplier: 2,
};
const heartbeatDefaults = { enabled: true, intervalMs: 30_000, timeoutMs: 10_000 };

/** A transport with marks in place of its values, which are references, texts or masks. */
function transportState(transport: connect.TransportInput): State {
  const marked = (values: Readonly<Record<string, unknown>> = {}) =>
    Object.fromEntries(Object.keys(values).map((name) => [name, SECRET]));
  if (transport.type === 'stdio') {
    const { type, command, args = [], env } = transport;
    return { type, command, args, env: marked(env) };
  }
  const { type, url, headers } = transport;
  if (transport.type !== 'websocket') return { type, url, headers: marked(headers) };
  const { reconnect, heartbeat } = transport;
  return {
    ...{ type, url, headers: marked(headers) },
    ...(reconnect ? { reconnect: { ...reconnectDefaults, ...reconnect } } : {}),
    ...(heartbeat ? { heartbeat: { ...heartbeatDefaults, ...heartbeat } } : {}),
  };
}

/** The sign-in at a server, with marks in place of its secrets, and the defaults of absent fields. */
function authState(auth: connect.Auth): State {
  switch (auth.type) {
    case 'none':
      return auth as unknown as State;
    case 'api_key': {
      const { type, header = 'Authorization', prefix = 'Bearer' } = auth;
      return { type, key: SECRET, header, prefix };
    }
    case 'oauth2': {
      const { clientSecret, privateKey, scopes = [], grantType = 'client_credentials', ...same } = auth;
      const secret = privateKey !== undefined ? 'privateKey' : clientSecret !== undefined ? 'clientSecret' : undefined;
      return { ...same, grantType, scopes, ...(secret ? { [secret]: SECRET } : {}) };
    }
  }
}

/** A server for the API, without the absent members of its site and its transport. */
function bodyOf(access: Access, entry: ServerEntry) {
  const { group = null, connected: _, site, transport, auth, ...same } = entry;
  const groupId = group === null ? null : (access.group(group)?.id ?? group);
  const sent = { transport: transport as connect.TransportInput, auth: auth as Auth as connect.Auth };
  return { ...(same as Partial<connect.CreateServerBody>), ...defined({ site }), ...sent, groupId };
}
