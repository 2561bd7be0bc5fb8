import { Type } from 'typebox';
import { type CommandResult, type CommandsInput, MAX_TOTAL_BYTES } from '../../domain/devices/commands.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError } from '../../domain/errors.js';
import { isoNow, isoTime } from '../../domain/moments.js';
import { type Context, endpoint, type Handlers } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';
import { DeviceParams } from './schemas.js';

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
      description: 'Extension: answers to the questions of a command, in order; an empty one is the Enter key',
    }),
  ),
};

const result = {
  command: Type.String(),
  output: Type.String(),
  success: Type.Boolean({ description: '`false` where the device answered with an error' }),
  error: Type.Optional(Type.String({ description: "The device's own words; only where `success` is false" })),
  class: Type.Enum(['read', 'change'] as const, { description: 'Extension: whether it may change the device' }),
  structured: Type.Optional(Type.Unknown({ description: 'Extension: the JSON output of the device' })),
  duration_ms: Type.Integer({ description: 'Extension' }),
};

/** `seeds/001`, "Network Module API", "Device Operations". */
export const deviceOperationEndpoints = {
  connectDevice: endpoint({
    method: 'POST',
    path: '/api/v1/network/devices/{device_id}/connect',
    summary: 'Connect to a network device',
    description: 'The hub waits until the device is connected. A device that cannot be reached is an error with 502.',
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
    description:
      'The device stays disconnected until a client connects it again. An agent that is away closes the connection when it is back.',
    permission: 'device.operate',
    limit: 'network',
    audit: 'device.disconnect',
    params: DeviceParams,
    response: Type.Object({ ...identity, status: Type.Literal('disconnected'), disconnected_at: Time }),
  }),
  runCommand: endpoint({
    method: 'POST',
    path: '/api/v1/network/devices/{device_id}/command',
    summary: 'Execute a command on a network device',
    description:
      'A command that only reads needs role user. A command that may change the device, and every command with `answers`, needs role operator, and never runs twice. A command that the device refuses is an answer with `success: false`.',
    permission: 'device.command',
    limit: 'network',
    audit: 'device.command',
    params: DeviceParams,
    body: Type.Object({ command: Command, ...options }),
    example: { command: 'show version', timeout: 30 },
    response: Type.Object({ ...result, executed_at: Time }),
  }),
  runCommands: endpoint({
    method: 'POST',
    path: '/api/v1/network/devices/{device_id}/commands',
    summary: 'Execute multiple commands on a network device, one after the other',
    description: `The commands run one after the other on one connection. Commands and answers have at most ${MAX_TOTAL_BYTES.toLocaleString('en')} bytes altogether, where the answers count once for each command. Commands that may change the device, and all commands with \`answers\`, need role operator, and never run twice. The answer has a result for each command.`,
    permission: 'device.command',
    limit: 'network',
    audit: 'device.command',
    params: DeviceParams,
    body: Type.Object({
      commands: Type.Array(Command, { maxItems: 100 }),
      ...options,
      stop_on_error: Type.Optional(Type.Boolean({ description: 'Extension: skip the commands after a failed one' })),
    }),
    example: { commands: ['show version', 'show interfaces'], stop_on_error: true },
    response: Type.Object({ results: Type.Array(Type.Object(result, { title: 'CommandResult' })), executed_at: Time }),
  }),
};

interface Options {
  readonly timeout?: number;
  readonly structured?: boolean;
  readonly answers?: readonly string[];
  readonly stop_on_error?: boolean;
}

export function deviceOperationHandlers({ network }: Domain): Handlers<typeof deviceOperationEndpoints> {
  const run = async (id: string, commands: readonly string[], field: string, options: Options, context: Context) => {
    const { timeout = 0, structured = false, answers = [], stop_on_error: stopOnError = false } = options;
    const input: CommandsInput = { commands, timeoutMs: timeout * 1000, structured, answers, stopOnError };
    try {
      return await network.commands.run(context.origin, id, input, field, { signal: context.signal });
    } catch (error) {
      // The domain writes the entry of a success.
      context.audit.details = { ...network.commands.audited(input) };
      throw error;
    }
  };

  return {
    async connectDevice({ params }, context) {
      const { record } = network.devices.get(context.origin, params.device_id, 'device.operate');
      // The domain writes the audit entry, also of a failure, since it knows the outcome.
      context.audit.written = true;
      const { connectedAt } = await network.lifecycle.connect(context.origin, record.id, context.signal);
      const connected_at = isoTime(connectedAt || Date.now());
      return { id: record.id, name: record.name, status: 'connected', connected_at };
    },

    async disconnectDevice({ params }, context) {
      const { record } = network.devices.get(context.origin, params.device_id, 'device.operate');
      context.audit.written = true;
      await network.lifecycle.disconnect(context.origin, record.id);
      return { id: record.id, name: record.name, status: 'disconnected', disconnected_at: isoNow() };
    },

    async runCommand({ params, body }, context) {
      const executedAt = Date.now();
      const [result] = await run(params.device_id, [body.command], 'command', body, context);
      if (!result) throw new DomainError('internal', 'the agent gave no result');
      return { ...render(result), executed_at: isoTime(result.startedAt || executedAt) };
    },

    async runCommands({ params, body }, context) {
      const executedAt = Date.now();
      const results = await run(params.device_id, body.commands, 'commands', body, context);
      return { results: results.map(render), executed_at: isoTime(results[0]?.startedAt ?? executedAt) };
    },
  };
}

function render({ command, output, success, error, class: kind, structured, durationMs }: CommandResult) {
  return {
    command,
    output,
    success,
    ...(success ? {} : { error: error ?? '' }),
    class: kind,
    ...(structured === undefined ? {} : { structured }),
    duration_ms: durationMs,
  };
}
