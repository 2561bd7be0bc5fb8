import { Type } from 'typebox';
import type { DeviceView } from '../../../../domain/devices/devices.js';
import { shownState } from '../../../../domain/devices/observed.js';
import { deviceTypes } from '../../../../domain/devices/record.js';
import { isoTime, isoTimeOrNull } from '../../../../domain/moments.js';
import { granted, operation } from '../operation.js';

/** The argument that names a network device. */
export const device = Type.String({ minLength: 1, maxLength: 64, description: "The device's name or id" });

/** Network devices: their list, states and connections. */
export const deviceOperations = [
  operation({
    name: 'roundhouse_list_devices',
    title: 'List network devices',
    description: 'List the network devices (routers, switches) of the fleet with their type, address, site and state.',
    permission: 'device.read',
    effect: 'read',
    limit: 'network',
    input: Type.Object({
      status: Type.Optional(Type.Enum(['connected', 'disconnected', 'error'])),
      type: Type.Optional(Type.Enum(deviceTypes)),
      site: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      tag: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
    }),
    run({ network }, { status, type, site, tag, limit }, { origin }) {
      const found = network.devices
        .list(granted(origin))
        .filter(
          ({ record, observed }) =>
            (status === undefined || shownState(observed) === status) &&
            (type === undefined || record.type === type) &&
            (site === undefined || record.site === site) &&
            (tag === undefined || record.tags.includes(tag)),
        );
      return { devices: found.slice(0, limit).map(brief), total: found.length };
    },
  }),
  operation({
    name: 'roundhouse_get_device',
    title: 'A network device',
    description:
      'How one network device is: state, reason of a failure, model, serial number, version of its software, uptime.',
    permission: 'device.read',
    effect: 'read',
    limit: 'network',
    input: Type.Object({ device }),
    run({ network }, input, { origin }) {
      const view = network.devices.get(granted(origin), input.device);
      const { record, facts, observed } = view;
      const { info } = facts;
      return {
        ...brief(view),
        model: info?.model || null,
        serial: info?.serial || null,
        osVersion: info?.osVersion || null,
        uptime: info?.uptime || null,
        infoReadAt: isoTimeOrNull(info?.readAt),
        username: record.username,
        jumpHost: record.jumpHost?.hostname ?? null,
        autoConnect: record.options.autoConnect,
        knownHostKey: network.devices.pins(record).hostKey || null,
        nextAttempt: isoTimeOrNull(observed.nextAttempt),
        createdAt: isoTime(record.createdAt),
        updatedAt: isoTime(record.updatedAt),
      };
    },
  }),
  operation({
    name: 'roundhouse_connect_device',
    title: 'Connect a network device',
    description: 'Connect to a network device and wait until it is connected; it is kept connected from then on.',
    permission: 'device.operate',
    effect: 'change',
    idempotent: true,
    limit: 'network',
    input: Type.Object({ device }),
    async run({ network }, input, call) {
      const origin = granted(call.origin);
      const { record } = network.devices.get(origin, input.device, 'device.operate');
      const { connectedAt } = await network.lifecycle.connect(origin, record.id, call.signal);
      return { id: record.id, name: record.name, status: 'connected', connectedAt: isoTime(connectedAt || Date.now()) };
    },
  }),
  operation({
    name: 'roundhouse_disconnect_device',
    title: 'Disconnect a network device',
    description:
      'Close the connection to a network device; commands under way have a few seconds to end. It stays closed until a caller connects it.',
    permission: 'device.operate',
    effect: 'destructive',
    idempotent: true,
    limit: 'network',
    input: Type.Object({ device }),
    async run({ network }, input, call) {
      const origin = granted(call.origin);
      const { id, name } = await network.lifecycle.disconnect(origin, input.device);
      return { id, name, status: 'disconnected' };
    },
  }),
];

function brief({ record, observed, facts }: DeviceView) {
  const { id, name, type, hostname, port, site, tags } = record;
  return {
    id,
    name,
    type,
    hostname,
    port,
    site,
    status: shownState(observed),
    reason: observed.error || null,
    tags,
    lastConnected: isoTimeOrNull(facts.lastConnected),
  };
}
