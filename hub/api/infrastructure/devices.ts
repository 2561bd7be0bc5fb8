import { withoutUndefined } from '@roundhouse/proto/json';
import { Type } from 'typebox';
import { type DeviceView, deviceFields } from '../../domain/devices/devices.js';
import type { DeviceUpdate, JumpHostInput, LoginInput } from '../../domain/devices/input.js';
import { shownState } from '../../domain/devices/observed.js';
import type { ConnectionOptions as DeviceConnectionOptions } from '../../domain/devices/record.js';
import type { Domain } from '../../domain/domain.js';
import { pageOf } from '../../domain/lists/page.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Time, TimeOrNever } from '../shared/values.js';
import { listing, PageMetadata, pageReply } from './listing.js';
import {
  ConnectionOptions,
  Credentials,
  DeviceParams,
  DeviceType,
  Hostname,
  KnownHostKey,
  Name,
  Port,
  Status,
  Tags,
} from './schemas.js';

const summary = {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  type: DeviceType,
  hostname: Type.String(),
  port: Port,
  status: Status,
  site: Type.String({ description: 'Extension: the site whose agent connects to it' }),
  tags: Tags,
  created_at: Time,
};
const listed = { ...summary, last_connected: TimeOrNever };
const failure = {
  error: Type.Optional(Type.String({ description: 'Only where the status is `error`' })),
  error_reason: Type.Optional(Type.String({ description: 'Extension: such as `auth_failed`, `host_key_changed`' })),
};
const ShownHostKey = Type.Union([Type.String(), Type.Null()], {
  description: 'Extension: the pinned fingerprint; `null`: none yet',
});

export const deviceList = listing(deviceFields, { sort: 'created_at' });

/** `seeds/001`, "Network Module API", "Devices". */
export const deviceEndpoints = {
  listDevices: endpoint({
    method: 'GET',
    path: '/api/v1/network/devices',
    summary: 'List all network devices',
    description: 'The facts are those that the hub knows. The list never waits for a device.',
    permission: 'device.read',
    limit: 'network',
    query: deviceList.query,
    response: Type.Array(Type.Object(listed, { title: 'Device' })),
    extra: PageMetadata,
  }),
  createDevice: endpoint({
    method: 'POST',
    path: '/api/v1/network/devices',
    summary: 'Add a network device',
    description:
      'The hub waits a moment for a device that connects by itself, and registers a device that does not answer, too. The hub seals the credentials and never shows them.',
    permission: 'device.write',
    limit: 'network',
    audit: 'device.create',
    body: Type.Object({
      name: Name,
      type: DeviceType,
      hostname: Hostname,
      port: Type.Optional(Port),
      credentials: Credentials,
      connection_options: Type.Optional(ConnectionOptions),
      known_host_key: Type.Optional(KnownHostKey),
      tags: Type.Optional(Tags),
      site: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Extension: see `GET /api/sites`' })),
    }),
    example: {
      name: 'edge-1',
      type: 'frr',
      hostname: '192.0.2.10',
      credentials: { username: 'admin', password: 'correct horse battery staple' },
      connection_options: { auto_connect: false },
      tags: ['edge'],
    },
    response: Type.Object({ ...summary, ...failure }, { title: 'CreatedDevice' }),
    status: 201,
  }),
  getDevice: endpoint({
    method: 'GET',
    path: '/api/v1/network/devices/{device_id}',
    summary: 'Get a network device',
    description:
      'The answer has the model and version that the device told at its last connection, and the pinned host key.',
    permission: 'device.read',
    limit: 'network',
    params: DeviceParams,
    response: Type.Object({
      ...listed,
      ...failure,
      system_info: Type.Object(
        {
          model: Type.String(),
          serial: Type.String(),
          os_version: Type.String(),
          uptime: Type.String({ description: 'As the device prints it, when it was asked last' }),
        },
        { description: 'Empty where the device does not say, or was never connected' },
      ),
      username: Type.String({ description: 'Extension' }),
      connection_options: Type.Object({
        timeout: Type.Number(),
        keepalive: Type.Number(),
        auto_connect: Type.Boolean(),
        legacy_algorithms: Type.Boolean(),
        jump_host: Type.Union([
          Type.Object({
            hostname: Type.String(),
            port: Port,
            username: Type.String(),
            known_host_key: ShownHostKey,
          }),
          Type.Null(),
        ]),
      }),
      known_host_key: ShownHostKey,
      next_attempt: TimeOrNever,
      updated_at: Time,
    }),
  }),
  updateDevice: endpoint({
    method: 'PUT',
    path: '/api/v1/network/devices/{device_id}',
    summary: 'Update a network device',
    description:
      'Absent fields stay. Credentials are replaced as a whole. Another address forgets the pinned host key and the stored credentials.',
    permission: 'device.write',
    limit: 'network',
    audit: 'device.update',
    params: DeviceParams,
    body: Type.Object(
      {
        name: Type.Optional(Name),
        hostname: Type.Optional(Hostname),
        port: Type.Optional(Port),
        credentials: Type.Optional(Credentials),
        connection_options: Type.Optional(ConnectionOptions),
        known_host_key: Type.Optional(KnownHostKey),
        tags: Type.Optional(Tags),
      },
      { minProperties: 1 },
    ),
    example: { tags: ['edge', 'berlin'] },
    response: Type.Object({ ...summary, ...failure, updated_at: Time }),
  }),
  deleteDevice: endpoint({
    method: 'DELETE',
    path: '/api/v1/network/devices/{device_id}',
    summary: 'Remove a network device',
    description:
      'The hub also deletes the backups, the candidate and the history of the device. The device itself stays as it is.',
    permission: 'device.write',
    limit: 'network',
    audit: 'device.delete',
    params: DeviceParams,
    response: Type.Object({ message: Type.String() }),
  }),
};

export function deviceHandlers({ network }: Domain): Handlers<typeof deviceEndpoints> {
  return {
    async listDevices({ query }, context) {
      const asked = deviceList.read(query, context);
      return pageReply(
        asked,
        await pageOf(network.devices.source(context.origin), deviceList.fields, asked),
        renderListed,
      );
    },

    async createDevice({ body }, context) {
      const { name, type, hostname, site } = body;
      const input = { name, type, hostname, ...inputOf(body), credentials: credentialsOf(body.credentials) };
      const view = await network.lifecycle.create(context.origin, { ...input, ...(site ? { site } : {}) });
      return { ...renderSummary(view), ...renderFailure(view) };
    },

    getDevice({ params }, context) {
      const view = network.devices.get(context.origin, params.device_id);
      const { record, facts, observed } = view;
      const { options, jumpHost } = record;
      const pins = network.devices.pins(record);
      return {
        ...renderListed(view),
        ...renderFailure(view),
        system_info: {
          model: facts.info?.model ?? '',
          serial: facts.info?.serial ?? '',
          os_version: facts.info?.osVersion ?? '',
          uptime: facts.info?.uptime ?? '',
        },
        username: record.username,
        connection_options: {
          timeout: options.timeoutMs / 1000,
          keepalive: options.keepaliveMs / 1000,
          auto_connect: options.autoConnect,
          legacy_algorithms: options.legacyAlgorithms,
          jump_host: jumpHost && { ...jumpHost, known_host_key: pins.jumpHostKey || null },
        },
        known_host_key: pins.hostKey || null,
        next_attempt: isoTimeOrNull(observed.nextAttempt),
        updated_at: isoTime(record.updatedAt),
      };
    },

    async updateDevice({ params, body }, context) {
      const view = await network.lifecycle.update(context.origin, params.device_id, inputOf(body));
      return { ...renderSummary(view), ...renderFailure(view), updated_at: isoTime(view.record.updatedAt) };
    },

    async deleteDevice({ params }, context) {
      await network.lifecycle.delete(context.origin, params.device_id);
      return { message: 'Device successfully removed' };
    },
  };
}

function renderSummary({ record, observed }: DeviceView) {
  const { id, name, type, hostname, port, site, tags, createdAt } = record;
  const status = shownState(observed);
  return { id, name, type, hostname, port, status, site, tags: [...tags], created_at: isoTime(createdAt) };
}

function renderListed(view: DeviceView) {
  return { ...renderSummary(view), last_connected: isoTimeOrNull(view.facts.lastConnected) };
}

function renderFailure({ observed }: DeviceView) {
  if (observed.state !== 'error') return {};
  return { error: observed.error, ...(observed.reason ? { error_reason: observed.reason } : {}) };
}

interface LoginBody {
  readonly username: string;
  readonly password?: string;
  readonly ssh_key?: string;
  readonly passphrase?: string;
  readonly enable_password?: string;
}

interface JumpHostBody {
  readonly hostname: string;
  readonly port?: number;
  readonly credentials: LoginBody;
  readonly known_host_key?: string | null;
}

interface Body {
  readonly name?: string;
  readonly hostname?: string;
  readonly port?: number;
  readonly credentials?: LoginBody;
  readonly connection_options?: {
    readonly timeout?: number;
    readonly keepalive?: number;
    readonly auto_connect?: boolean;
    readonly legacy_algorithms?: boolean;
    readonly jump_host?: JumpHostBody | null;
  };
  readonly known_host_key?: string | null;
  readonly tags?: readonly string[];
}

/** A body with the names of the domain. Absent members stay absent. */
function inputOf({
  name,
  hostname,
  port,
  credentials,
  connection_options = {},
  known_host_key,
  tags,
}: Body): DeviceUpdate {
  const { timeout, keepalive, auto_connect, legacy_algorithms, jump_host } = connection_options;
  const options: Partial<DeviceConnectionOptions> = withoutUndefined({
    timeoutMs: milliseconds(timeout),
    keepaliveMs: milliseconds(keepalive),
    autoConnect: auto_connect,
    legacyAlgorithms: legacy_algorithms,
  });
  return withoutUndefined({
    name,
    hostname,
    port,
    credentials: credentials && credentialsOf(credentials),
    options: Object.keys(options).length > 0 ? options : undefined,
    jumpHost: jump_host && jumpHostOf(jump_host),
    ...(jump_host === null ? { jumpHost: null } : {}),
    knownHostKey: known_host_key,
    tags,
  });
}

function credentialsOf({ enable_password, ...login }: LoginBody): LoginInput & { readonly enablePassword?: string } {
  return withoutUndefined({ ...loginOf(login), enablePassword: enable_password }) as LoginInput;
}

function loginOf({ username, password, ssh_key, passphrase }: LoginBody): LoginInput {
  return withoutUndefined({ username, password, sshKey: ssh_key, passphrase }) as LoginInput;
}

function jumpHostOf({ hostname, port, credentials, known_host_key }: JumpHostBody): JumpHostInput {
  const jumpHost = { hostname, port, credentials: loginOf(credentials), knownHostKey: known_host_key };
  return withoutUndefined(jumpHost) as JumpHostInput;
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.ceil(seconds * 1000);
}
