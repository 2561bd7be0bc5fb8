import { isoTime } from '../../domain/clock.js';
import type { CommandResult, CommandsInput } from '../../domain/devices/commands.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError } from '../../domain/errors.js';
import type { Context, Handlers } from '../../http/endpoint.js';
import type { deviceOperationEndpoints } from './device-operations.js';
import { originOf } from './origin.js';

interface Options {
  readonly timeout?: number;
  readonly structured?: boolean;
  readonly answers?: readonly string[];
  readonly stop_on_error?: boolean;
}

export function deviceOperationHandlers({ network }: Domain): Handlers<typeof deviceOperationEndpoints> {
  const run = (id: string, commands: readonly string[], field: string, options: Options, context: Context) => {
    const { timeout = 0, structured = false, answers = [], stop_on_error: stopOnError = false } = options;
    const input: CommandsInput = { commands, timeoutMs: timeout * 1000, structured, answers, stopOnError };
    // For the entry of a failure; that of a success is the domain's.
    context.audit.details = { ...network.commands.audited(commands) };
    return network.commands.run(originOf(context), id, input, field, { signal: context.signal });
  };

  return {
    async connectDevice({ params }, context) {
      const { record } = network.devices.get(originOf(context), params.device_id, 'device.operate');
      // The domain writes the entry, also of a failure: it knows the outcome.
      context.audit.written = true;
      const { connectedAt } = await network.lifecycle.connect(originOf(context), record.id, context.signal);
      const connected_at = isoTime(connectedAt || Date.now());
      return { id: record.id, name: record.name, status: 'connected', connected_at };
    },

    async disconnectDevice({ params }, context) {
      const { record } = network.devices.get(originOf(context), params.device_id, 'device.operate');
      context.audit.written = true;
      await network.lifecycle.disconnect(originOf(context), record.id);
      return { id: record.id, name: record.name, status: 'disconnected', disconnected_at: isoTime(Date.now()) };
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
