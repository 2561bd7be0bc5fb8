import type { JobRun } from '../jobs/kind.js';
import { DRAIN_MS } from './commands.js';
import { type PlannedStep, paramsOf, type UpdateParams, type UpdatePlan } from './job.js';
import type { Installed } from './source.js';
import type { UpdateRunParts } from './update-run.js';

/** A dry run: what each step would do now. Asks the agent for its installed versions, and changes nothing. */
export async function planUpdate({ versions, commands }: UpdateRunParts, run: JobRun): Promise<UpdatePlan> {
  const params = paramsOf(run.record);
  return run.step('plan', async () => {
    const record = versions.record(run);
    const { installed } = await commands.installed(record, run.signal);
    const runs = record.enabled && record.wanted;
    const there = installed.find(({ version }) => version === params.to);
    const old = installed.find(({ version }) => version === params.from);
    return {
      steps: steps(params, there, old, runs),
      installed: there !== undefined,
      bytes: there?.bytes ?? null,
      keepsOld: params.backup,
    };
  });
}

function steps(
  { server, from, to, backup, rollbackOnFailure }: UpdateParams,
  there: Installed | undefined,
  old: Installed | undefined,
  runs: boolean,
): PlannedStep[] {
  const size = ({ bytes }: Installed) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  const keeps =
    from === null
      ? 'nothing ran yet that one could go back to'
      : `note version ${from} and its tools, and keep it installed${old ? ` (${size(old)})` : ''}`;
  const otherwise = rollbackOnFailure ? `${from ?? 'what is there'} stays` : `${to} is left all the same`;
  const goes = from === null || backup ? '' : `; remove ${from}${old ? ` (${size(old)})` : ''} afterwards`;
  return [
    { name: 'backup', action: backup ? keeps : 'none: not asked for' },
    { name: 'download', action: there ? `none: ${to} is installed already (${size(there)})` : `fetch ${to}` },
    {
      name: 'install',
      action: there ? `none: ${to} is installed already` : `install ${to} beside ${from ?? 'nothing'}`,
    },
    { name: 'verify', action: `start a second instance from ${to} and compare its tools; if it fails, ${otherwise}` },
    {
      name: 'switch',
      action: runs
        ? `start ${to} beside ${from ?? 'nothing'}, send new calls there, give running calls ${DRAIN_MS / 1000} s to finish${goes}`
        : `note ${to} for the next start of '${server}', which does not run${goes}`,
    },
  ];
}
