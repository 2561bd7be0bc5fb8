import { Type } from 'typebox';
import { endpoint } from '../../http/endpoint.js';
import { DeviceParams, Time } from './device-schemas.js';

const identity = { id: Type.String({ format: 'uuid' }), name: Type.String() };
const Command = Type.String({ maxLength: 4096, description: 'One line' });

const options = {
  timeout: Type.Optional(
    Type.Number({ minimum: 0, maximum: 3600, description: 'Seconds for each command; 0: the default, 60' }),
  ),
  structured: Type.Optional(
    Type.Boolean({ description: 'Extension: ask for JSON where the platform has it for the command' }),
  ),
  answers: Type.Optional(
    Type.Array(Type.String({ maxLength: 1024 }), {
      maxItems: 20,
      description: 'Extension: to what a command asks, in order; an empty one is the Enter key',
    }),
  ),
};

const result = {
  command: Type.String(),
  output: Type.String(),
  success: Type.Boolean({ description: '`false` where the device answered with an error' }),
  error: Type.Optional(Type.String({ description: "The device's own words; only where `success` is false" })),
  class: Type.Enum(['read', 'change'] as const, { description: 'Extension: whether it may change the device' }),
  structured: Type.Optional(Type.Unknown({ description: 'Extension: what the device gave as JSON' })),
  duration_ms: Type.Integer({ description: 'Extension' }),
};

/** `seeds/001`, "Network Module API", "Device Operations". */
export const deviceOperationEndpoints = {
  connectDevice: endpoint({
    method: 'POST',
    path: '/api/v1/network/devices/{device_id}/connect',
    summary: 'Connect to a network device',
    permission: 'device.operate',
    limit: 'network',
    audit: 'device.connect',
    params: DeviceParams,
    response: Type.Object({ ...identity, status: Type.Literal('connected'), connected_at: Time }),
  }),
  disconnectDevice: endpoint({
    method: 'POST',
    path: '/api/v1/network/devices/{device_id}/disconnect',
    summary: 'Disconnect from a network device',
    permission: 'device.operate',
    limit: 'network',
    audit: 'device.disconnect',
    params: DeviceParams,
    response: Type.Object({ ...identity, status: Type.Literal('disconnected'), disconnected_at: Time }),
  }),
  /** A command that may change the device needs the role for that, and never runs twice. */
  runCommand: endpoint({
    method: 'POST',
    path: '/api/v1/network/devices/{device_id}/command',
    summary: 'Execute a command on a network device',
    permission: 'device.command',
    limit: 'network',
    audit: 'device.command',
    params: DeviceParams,
    body: Type.Object({ command: Command, ...options }),
    response: Type.Object({ ...result, executed_at: Time }),
  }),
  runCommands: endpoint({
    method: 'POST',
    path: '/api/v1/network/devices/{device_id}/commands',
    summary: 'Execute multiple commands on a network device, one after the other',
    permission: 'device.command',
    limit: 'network',
    audit: 'device.command',
    params: DeviceParams,
    body: Type.Object({
      commands: Type.Array(Command),
      ...options,
      stop_on_error: Type.Optional(Type.Boolean({ description: 'Extension: leave out what follows one that failed' })),
    }),
    response: Type.Object({ results: Type.Array(Type.Object(result, { title: 'CommandResult' })), executed_at: Time }),
  }),
};
