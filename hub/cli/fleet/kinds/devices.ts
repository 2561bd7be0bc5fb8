import type { infrastructure } from '@roundhouse/sdk';
import { defined } from '../../frame/values.js';
import type { DeviceEntry } from '../format.js';
import { SECRET } from '../secrets.js';
import { type Found, ifThere, inDetail, type KindOf, type State } from './kind.js';

/** Fields whose change makes the hub forget the credentials. The user name is a part of the credentials. */
const ofCredentials = ['host', 'port', 'username', 'jumpHost', 'jumpHost.knownHostKey', 'knownHostKey'];
const ofConnection = ['timeout', 'keepalive', 'autoConnect', 'legacyAlgorithms'];

/** Network devices. */
export const devices: KindOf<DeviceEntry> = {
  section: 'devices',
  noun: 'device',
  fixed: ['site', 'type'],
  async read({ hub, options }) {
    const { network } = hub.infrastructure;
    const listed = network.listDevicesAll({ limit: 100 }, options);
    return (await inDetail(listed, ({ id }) => network.getDevice(id, options))).map(foundOf);
  },
  async look({ hub, options }, { id }) {
    const now = await ifThere(hub.infrastructure.network.getDevice(id, options));
    return now && foundOf(now);
  },
  mistakeIn({ password, sshKey, jumpHost }) {
    if (password === undefined && sshKey === undefined) return 'must have password or sshKey';
    if (jumpHost && jumpHost.password === undefined && jumpHost.sshKey === undefined)
      return 'jumpHost: must have password or sshKey';
    return undefined;
  },
  /** The hub shows no credentials. The pinned key of the jump host is a separate field, because it may be absent. */
  stateOf({ password: _p, sshKey: _s, passphrase: _f, enablePassword: _e, jumpHost, ...entry }) {
    const shown = { ...entry, tags: [...new Set(entry.tags)] };
    if (!jumpHost) return { ...shown, jumpHost: null };
    const { host, port, username, knownHostKey } = jumpHost;
    const pinned = knownHostKey === undefined ? {} : { 'jumpHost.knownHostKey': knownHostKey };
    return { ...shown, jumpHost: { host, port, username }, ...pinned };
  },
  needsSecrets: (fields) => ofCredentials.some((field) => fields.includes(field)),
  create({ hub, options }, name, entry) {
    const { type, site } = entry;
    const body = { name, type, ...defined({ site }), ...bodyOf(entry) };
    return hub.infrastructure.network.createDevice(body as infrastructure.CreateDeviceBody, options);
  },
  update({ hub, options }, { id }, entry, { fields, hasSecrets }) {
    const { connection_options, credentials, ...whole } = bodyOf(entry);
    const { jump_host, ...connection } = connection_options;
    const sendsJumpHost = hasSecrets && (entry.jumpHost !== null || fields.has('jumpHost'));
    const sendsConnection = sendsJumpHost || ofConnection.some((field) => fields.has(field));
    const body = {
      hostname: fields.has('host') ? whole.hostname : undefined,
      port: fields.has('port') ? whole.port : undefined,
      tags: fields.has('tags') ? whole.tags : undefined,
      known_host_key: fields.has('knownHostKey') ? whole.known_host_key : undefined,
      credentials: hasSecrets ? credentials : undefined,
      connection_options: sendsConnection ? { ...connection, ...(sendsJumpHost ? { jump_host } : {}) } : undefined,
    };
    return hub.infrastructure.network.updateDevice(id, defined(body) as infrastructure.UpdateDeviceBody, options);
  },
  remove: ({ hub, options }, { id }) => hub.infrastructure.network.deleteDevice(id, options),
  entryOf({ jumpHost, 'jumpHost.knownHostKey': knownHostKey, ...same }) {
    const jump = jumpHost && { ...jumpHost, password: SECRET, ...defined({ knownHostKey }) };
    return { ...same, password: SECRET, jumpHost: jump };
  },
  unknownOf: () =>
    'the hub does not show its kind of credentials: give sshKey in place of password, and enablePassword, where it has them',
};

function foundOf(device: infrastructure.GetDeviceResult): Found {
  const { id, name, type, hostname, port, site, username, known_host_key, tags } = device;
  const { timeout, keepalive, auto_connect, legacy_algorithms, jump_host } = device.connection_options;
  const state = {
    ...{ type, host: hostname, port, site, username, timeout, keepalive },
    ...{ autoConnect: auto_connect, legacyAlgorithms: legacy_algorithms },
    jumpHost: jump_host && { host: jump_host.hostname, port: jump_host.port, username: jump_host.username },
    'jumpHost.knownHostKey': jump_host?.known_host_key ?? undefined,
    knownHostKey: known_host_key ?? undefined,
    tags,
  };
  return { id, name, state: defined(state) as State };
}

/** A device for the API, with the values of its references. */
function bodyOf(entry: DeviceEntry) {
  const { host, port, timeout, keepalive, autoConnect, legacyAlgorithms, jumpHost, knownHostKey, tags } = entry;
  const jump = jumpHost && {
    hostname: jumpHost.host,
    port: jumpHost.port,
    credentials: loginOf(jumpHost),
    ...(jumpHost.knownHostKey === undefined ? {} : { known_host_key: jumpHost.knownHostKey }),
  };
  return {
    hostname: host,
    port,
    tags,
    credentials: { ...loginOf(entry), ...defined({ enable_password: entry.enablePassword }) },
    ...(knownHostKey === undefined ? {} : { known_host_key: knownHostKey }),
    connection_options: {
      ...{ timeout, keepalive, auto_connect: autoConnect, legacy_algorithms: legacyAlgorithms },
      jump_host: jump,
    },
  };
}

function loginOf({
  username,
  password,
  sshKey,
  passphrase,
}: Pick<DeviceEntry, 'username' | 'password' | 'sshKey' | 'passphrase'>) {
  return { username, ...defined({ password, ssh_key: sshKey, passphrase }) };
}
