import { invalid } from '../errors.js';
import type { JobRun } from '../jobs/kind.js';
import { DRAIN_MS } from './commands.js';
import { type PlannedStep, paramsOf, type UpdateParams, type UpdatePlan } from './job.js';
import type { Installed } from './source.js';
import type { UpdateRunParts } from './update-run.js';

/** A dry run: the present effect of each step. Asks the agent for its installed versions, and changes nothing. */
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
      ? 'none: no version has run yet'
      : `note version ${from} and its tools, and keep it installed${old ? ` (${size(old)})` : ''}`;
  const otherwise = rollbackOnFailure ? `${from ?? 'the present version'} stays` : `${to} stays even so`;
  const goes = from === null || backup ? '' : `; remove ${from}${old ? ` (${size(old)})` : ''} afterwards`;
  return [
    { name: 'backup', action: backup ? keeps : 'none: not asked for' },
    { name: 'download', action: there ? `none: ${to} is installed already (${size(there)})` : `fetch ${to}` },
    {
      name: 'install',
      action: there
        ? `none: ${to} is installed already`
        : from === null
          ? `install ${to}`
          : `install ${to} next to ${from}`,
    },
    { name: 'verify', action: `start a second instance from ${to} and compare its tools; if it fails, ${otherwise}` },
    {
      name: 'switch',
      action: runs
        ? `start ${to}${from === null ? '' : ` next to ${from}`}, send new calls there, give running calls ${DRAIN_MS / 1000} s to finish${goes}`
        : `note ${to} for the next start of '${server}', which does not run${goes}`,
    },
  ];
}

/** Stands for the newest version of the source. */
export const LATEST = 'latest';

/** A version of a package, or a tag of a repository. */
const plainVersion = /^[A-Za-z0-9_][A-Za-z0-9._+!:-]{0,127}$/;
/** Any version: also a digest of an image, and a tag that moves with its digest. */
const anyVersion = /^[A-Za-z0-9_][A-Za-z0-9._+!:-]{0,127}(?:@sha256:[0-9a-f]{64})?$/;
const semantic = /^v?(\d+)\.(\d+)\.(\d+)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
/** PEP 440, its usual forms. */
const pythonVersion =
  /^v?(?:\d+!)?\d+(?:\.\d+)*(?:[._-]?(?:a|b|rc|alpha|beta|post|dev)(?:\.?\d+)?)*(?:\+[0-9A-Za-z.]+)?$/i;

const forms: Readonly<Record<string, RegExp>> = { npm: semantic, git: plainVersion, pypi: pythonVersion };

/** @throws DomainError `invalid_input` naming the field, if a text cannot be a version of a source of this kind. */
export function checkVersion(field: string, version: string, kind = ''): void {
  if (version === LATEST) return;
  if (!anyVersion.test(version) || !(forms[kind] ?? anyVersion).test(version))
    throw invalid(field, `Version must be semantic version or '${LATEST}'`);
}

/** Whether the major version grows. `false` where one of the two is no semantic version. */
export function isBreaking(from: string | null, to: string): boolean {
  const [before, after] = [major(from ?? ''), major(to)];
  return before !== undefined && after !== undefined && after > before;
}

function major(version: string): number | undefined {
  const found = /^v?(?:\d+!)?(\d+)(?:\.|$)/.exec(version)?.[1];
  return found === undefined ? undefined : Number(found);
}
