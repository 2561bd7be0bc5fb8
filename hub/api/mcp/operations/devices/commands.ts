import { type Static, Type } from 'typebox';
import { type CommandResult, MAX_TOTAL_BYTES } from '../../../../domain/devices/commands.js';
import type { Domain } from '../../../../domain/domain.js';
import { isoTime } from '../../../../domain/moments.js';
import type { McpCall } from '../../call.js';
import { granted, operation } from '../operation.js';
import { device } from './devices.js';

const input = Type.Object({
  device,
  commands: Type.Array(Type.String({ maxLength: 4096, description: "One line, without '?'" }), {
    minItems: 1,
    maxItems: 100,
    description: `Run one after the other; at most ${MAX_TOTAL_BYTES} bytes altogether, the answers included`,
  }),
  timeout: Type.Number({ minimum: 0, maximum: 3600, default: 0, description: 'Seconds for each command; 0: 60' }),
  structured: Type.Boolean({ default: false, description: 'Ask for JSON where the platform has it for a command' }),
  stopOnError: Type.Boolean({ default: false, description: 'Skip the commands after a failed one' }),
});
const changing = Type.Object({
  ...input.properties,
  answers: Type.Array(Type.String({ maxLength: 1024 }), {
    maxItems: 20,
    default: [],
    description: 'Answers to the questions of a command, such as "[confirm]", in order; an empty one is the Enter key',
  }),
});

const audit = {
  action: 'device.command',
  subject: 'device',
  details: ({ network }: Domain, given: Static<typeof input> & Partial<Static<typeof changing>>) =>
    network.commands.audited(given),
} as const;

/** Commands on network devices. */
export const deviceCommandOperations = [
  operation({
    name: 'roundhouse_query_device',
    title: 'Ask a network device',
    description:
      'Run commands that only read, such as "show version" or "show ip route", on a network device and get what it prints. Commands that may change something are refused before any is run.',
    permission: 'device.command',
    effect: 'read',
    limit: 'network',
    audit,
    input,
    run: (domain, given, call) => runCommands(domain, { ...given, answers: [], readOnly: true }, call),
  }),
  operation({
    name: 'roundhouse_run_device_commands',
    title: 'Run commands on a network device',
    description:
      'Run commands on a network device, those that change it included, and get what it prints. For its configuration use roundhouse_put_device_config, which can be rolled back. Never run twice by itself.',
    permission: 'device.change',
    effect: 'destructive',
    limit: 'network',
    audit,
    input: changing,
    run: (domain, given, call) => runCommands(domain, { ...given, readOnly: false }, call),
  }),
];

async function runCommands(
  { network }: Domain,
  { device, commands, timeout, ...options }: Static<typeof changing> & { readonly readOnly: boolean },
  call: McpCall,
) {
  const tell = tellProgress(call, commands.length, (done) => `${done} of ${commands.length} commands`);
  const asked = { commands, timeoutMs: timeout * 1000, ...options };
  const waiting = { signal: call.signal, onProgress: tell };
  const results = await network.commands.run(granted(call.origin), device, asked, 'commands', waiting);
  return { results: results.map(shown), failed: results.filter(({ success }) => !success).length };
}

function shown({ command, output, success, error, class: kind, structured, startedAt, durationMs }: CommandResult) {
  return {
    command,
    output,
    success,
    ...(success ? {} : { error: error ?? '' }),
    class: kind,
    ...(structured === undefined ? {} : { structured }),
    executedAt: isoTime(startedAt),
    durationMs,
  };
}

/** Sends progress to a client that wants it: real steps only, no signs of life. */
function tellProgress(
  { onProgress }: McpCall,
  total: number | undefined,
  message: (progress: number) => string,
): ((progress: number) => void) | undefined {
  if (!onProgress) return undefined;
  return (progress) =>
    onProgress(JSON.stringify({ progress, ...(total ? { total } : {}), message: message(progress) }));
}
