import { Type } from 'typebox';
import { deviceFields } from '../../domain/devices/fields.js';
import { endpoint } from '../../http/endpoint.js';
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
  Time,
} from './device-schemas.js';
import { listing, PageMetadata } from './listing.js';

const TimeOrNull = Type.Union([Time, Type.Null()], { description: '`null` for never' });

const summary = {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  type: DeviceType,
  hostname: Type.String(),
  port: Port,
  status: Status,
  site: Type.String({ description: 'Extension: whose agent speaks to it' }),
  tags: Tags,
  created_at: Time,
};
const listed = { ...summary, last_connected: TimeOrNull };
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
    permission: 'device.read',
    limit: 'network',
    query: deviceList.query,
    response: Type.Array(Type.Object(listed, { title: 'Device' })),
    extra: PageMetadata,
  }),
  /** The hub waits a moment for a device that connects by itself, before the answer. */
  createDevice: endpoint({
    method: 'POST',
    path: '/api/v1/network/devices',
    summary: 'Add a network device',
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
    response: Type.Object({ ...summary, ...failure }, { title: 'CreatedDevice' }),
    status: 201,
  }),
  getDevice: endpoint({
    method: 'GET',
    path: '/api/v1/network/devices/{device_id}',
    summary: 'Get a network device',
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
      next_attempt: TimeOrNull,
      updated_at: Time,
    }),
  }),
  /** Absent fields stay. Credentials are replaced as a whole, and no answer shows them. Another address forgets the pinned host key. */
  updateDevice: endpoint({
    method: 'PUT',
    path: '/api/v1/network/devices/{device_id}',
    summary: 'Update a network device',
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
    response: Type.Object({ ...summary, ...failure, updated_at: Time }),
  }),
  /** With its backups, its candidate and its history. */
  deleteDevice: endpoint({
    method: 'DELETE',
    path: '/api/v1/network/devices/{device_id}',
    summary: 'Remove a network device',
    permission: 'device.write',
    limit: 'network',
    audit: 'device.delete',
    params: DeviceParams,
    response: Type.Object({ message: Type.String() }),
  }),
};
