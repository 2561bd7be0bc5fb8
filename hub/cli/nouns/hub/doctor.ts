import type { Roundhouse } from '@roundhouse/sdk';
import { version } from '../../../host/package.js';
import { type Context, localCommand } from '../../frame/command.js';
import { clientOf, explained } from '../../frame/connection.js';
import { CommandError, failureOf } from '../../frame/failures.js';
import { counted } from '../../frame/values.js';

/** The result of a check. */
export interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'fail';
  /** The observation and, if there is a problem, the remedy. */
  readonly message: string;
}

/** With a larger difference between the clocks, certificates and tokens fail. Milliseconds. */
const CLOCK_MS = 60_000;

/** `roundhouse doctor`. */
export const doctor = localCommand(
  {
    name: 'doctor',
    summary:
      'check this program, the way to the hub, the key, the agents and the servers; exit code 6 if a check fails',
    example: 'roundhouse doctor',
    async run(context) {
      const { options, out, connection } = context;
      const findings = await examine(context, () => connection(options));
      const columns = {
        CHECK: ({ check }: Finding) => check,
        RESULT: ({ result }: Finding) => result,
        MESSAGE: ({ message }: Finding) => message,
      };
      await out.list(findings, columns, ({ check, result }) => `${check} ${result}`);
      const failed = findings.filter(({ result }) => result === 'fail').length;
      if (failed > 0) throw new CommandError(`${failed} of ${counted(findings.length, 'check')} failed`, 'outcome');
    },
  },
  'address',
);

/** Runs the checks in order, and stops after a failed check that the others need. */
export async function examine(
  { signal, out }: Pick<Context, 'signal' | 'out'>,
  connection: () => ReturnType<Context['connection']>,
): Promise<Finding[]> {
  const findings: Finding[] = [
    { check: 'program', result: 'ok', message: `version ${version}, Node ${process.version}` },
  ];
  const add = (check: string, result: Finding['result'], message: string) => findings.push({ check, result, message });
  let address = '';
  try {
    const found = await connection();
    address = found.hub;
    const hub = await clientOf(found, out.progress);
    await checkHub(hub, address, signal, add);
    await checkFleet(hub, signal, add);
  } catch (error) {
    if (signal.aborted) throw error;
    const failure = failureOf(await explained(error, address));
    if (!failure) throw error;
    const checks = { unreachable: 'hub', denied: 'key', usage: 'address' } as const;
    const check = checks[failure.reason as keyof typeof checks] ?? 'hub';
    const others = findings.filter((finding) => finding.check !== check);
    return [...others, { check, result: 'fail', message: failure.message }];
  }
  return findings;
}

type Add = (check: string, result: Finding['result'], message: string) => void;

async function checkHub(hub: Roundhouse, address: string, signal: AbortSignal, add: Add): Promise<void> {
  const health = await hub.connect.health.get({ signal });
  const isWell = health.status === 'healthy';
  add('hub', isWell ? 'ok' : 'fail', `${address} is ${health.status}${isWell ? '' : ': see its log'}`);
  const minor = (text: string) => text.split('.').slice(0, 2).join('.');
  const isSame = minor(health.version) === minor(version);
  add(
    'version',
    isSame ? 'ok' : 'warning',
    `the hub has ${health.version}${isSame ? '' : `, this program ${version}: use the same`}`,
  );
  const skewMs = Math.abs(Date.parse(health.timestamp) - Date.now());
  const isRight = skewMs < CLOCK_MS;
  add(
    'clock',
    isRight ? 'ok' : 'warning',
    isRight
      ? 'this clock and the clock of the hub agree'
      : `this clock and the hub's differ by ${Math.round(skewMs / 1000)} s: set them by NTP`,
  );
}

async function checkFleet(hub: Roundhouse, signal: AbortSignal, add: Add): Promise<void> {
  const { servers } = await hub.connect.monitor.get({ signal });
  add('key', 'ok', 'the hub accepts it');
  const agents = await hub.connect.agents.list({ signal });
  if (agents.length === 0) add('agents', 'warning', "none: 'roundhouse token create --site NAME' invites one");
  for (const { name, site, status } of agents)
    if (status !== 'connected') add('agent', 'fail', `${name} of site ${site} is away: look at its log there`);
  if (agents.length > 0 && agents.every(({ status }) => status === 'connected'))
    add('agents', 'ok', `all ${agents.length} are connected`);
  const broken = servers.filter(({ status }) => status === 'error');
  for (const { name, error } of broken) add('server', 'fail', `${name}: ${error ?? 'it cannot be connected'}`);
  if (broken.length === 0) add('servers', 'ok', `none of ${servers.length} has failed`);
  const { alerts } = await hub.automation.alerts.get({}, { signal });
  const critical = alerts.filter(({ severity, acknowledged }) => severity === 'critical' && !acknowledged);
  for (const { title, subject } of critical) add('alert', 'warning', `${subject}: ${title}`);
  if (critical.length === 0) add('alerts', 'ok', 'no critical alert');
}
