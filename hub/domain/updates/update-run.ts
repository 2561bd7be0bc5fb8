import { authorize } from '../access/authorize.js';
import { maySee } from '../access/grants.js';
import { allows } from '../access/permissions.js';
import { type Redactor, redactorOf } from '../audit/redactor.js';
import { DomainError, notFound } from '../errors.js';
import { mapInTurns } from '../event-loop.js';
import type { JobRun, StepCommand } from '../jobs/kind.js';
import type { ObservedServers } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import type { Store } from '../store.js';
import { printsOf, type ToolPrint, toolPrint, usableBackups } from './backup.js';
import type { SourceCommands } from './commands.js';
import { isCommit, paramsOf, type ToolChanges, toolChanges, UNNAMED, UPDATE, type UpdateResult } from './job.js';
import type { Verified } from './source.js';
import type { ServerVersions } from './versions.js';

export interface UpdateRunParts {
  readonly store: Store;
  readonly versions: ServerVersions;
  readonly commands: SourceCommands;
  readonly observed: ObservedServers;
  readonly redactor: Redactor;
}

/** The most names of tools in the result, for each kind of change. */
const MAX_NAMED = 200;

/**
 * One update or rollback: backup → download → install → verify → switch. Each step may run twice. The old version runs unchanged until the
 * last step. The result names the version that is wanted at the end, and therefore runs, also after a failure.
 */
export async function runUpdate(parts: UpdateRunParts, run: JobRun): Promise<UpdateResult> {
  const progress: Progress = { exact: paramsOf(run.record).to, verifying: false };
  try {
    const tools = await bringOver(parts, run, progress);
    const result = { version: progress.exact, rolledBack: false, tools };
    // The result is stored now: the following work cannot change it.
    await run.note(result);
    await tidy(parts, run);
    return result;
  } catch (error) {
    if (!run.left) await giveUp(parts, run, progress);
    throw error;
  }
}

interface Progress {
  /** The source's own name of the requested version. */
  exact: string;
  /** From here on the new version is fully installed: without rollback the server may keep it. */
  verifying: boolean;
}

async function bringOver(parts: UpdateRunParts, run: JobRun, progress: Progress): Promise<ToolChanges | null> {
  const { versions, commands } = parts;
  const params = paramsOf(run.record);
  const { signal } = run;
  const record = () => versions.record(run);
  const step: JobRun['step'] = (name, work, options) => {
    const checked = async (command: StepCommand) => {
      checkRights(run, versions);
      return work(command);
    };
    return run.step(name, checked, options);
  };
  if (run.record.steps.some(({ name, status }) => name === 'backup' && status !== 'skipped')) {
    if (!params.backup || params.from === null)
      await run.skip('backup', params.backup ? 'no version has run yet' : 'not asked for');
    else
      await step('backup', async () => {
        const made = await versions.backup(run);
        await commands.keep(record(), versions.kept(record()), signal);
        return made;
      });
  }
  const { version } = await step('download', async () => {
    // An installed version needs no registry: so a rollback works while the registry is out of reach.
    const { installed } = await commands.installed(record(), signal);
    const there = installed.find((one) => one.version === params.to);
    if (there) return { version: there.version, already: true, installed: true };
    checkRights(run, versions);
    return commands.download(record(), { version: params.to, anyCommit: mayTakeAnyCommit(run) }, signal);
  });
  progress.exact = version;
  await step('install', () => commands.install(record(), { version, anyCommit: mayTakeAnyCommit(run) }, signal));
  progress.verifying = true;
  const { tools } = await step('verify', async () => {
    const found = await commands.verify(record(), version, signal);
    return { ...summary(found), tools: await compared(parts, record(), found) };
  });
  const switched = async () => {
    await versions.decide(run, version);
    await commands.switchTo(record, signal);
    return { from: params.from, to: version };
  };
  await step('switch', switched, { with: () => versions.done(run) });
  return tools;
}

/**
 * The job takes minutes: its caller may have lost a right since the step before, or its grants may not cover the server any more. Only
 * callers with a further right name a commit.
 * @throws DomainError `forbidden`, `invalid_credential`, `not_found`
 */
function checkRights(run: JobRun, versions: ServerVersions): void {
  const { caller } = run.origin;
  authorize(caller, 'server.update');
  const server = versions.record(run);
  if (caller && !maySee(caller, server)) throw notFound('server', server.id);
  const { unnamed, to, source } = paramsOf(run.record);
  if (unnamed && isCommit(to, source.kind)) authorize(caller, UNNAMED);
}

/**
 * Whether the version of an update may be a commit that no branch or tag is at. Only the agent sees the branches and tags: it refuses other
 * commits without this right.
 */
function mayTakeAnyCommit({ record, origin: { caller } }: JobRun): boolean {
  return !paramsOf(record).unnamed || !caller || allows(caller.role, UNNAMED);
}

function mayGoOn(run: JobRun, versions: ServerVersions): boolean {
  try {
    checkRights(run, versions);
    return true;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return false;
  }
}

function summary({ tools, ...found }: Verified) {
  return { ...found, toolCount: tools.length };
}

/** Compares the new tools with the server's present tools, or with those of its backup; `null` if both are unknown. */
async function compared({ store, observed, redactor }: UpdateRunParts, record: ServerRecord, found: Verified) {
  const { state, tools, version } = observed.get(record.id);
  const backup = usableBackups(store, record).find((one) => one.version === version);
  const before: readonly ToolPrint[] | undefined = state === 'connected' ? await printsOf(tools) : backup?.tools;
  if (!before) return null;
  // The definitions of the old tools hold no secrets, so the new ones are compared without secrets, too.
  const own = redactorOf(redactor, record);
  const clean = (tool: object) => JSON.parse(own.definition(JSON.stringify(tool))) as typeof tool;
  const now = await mapInTurns(found.tools, (tool) => toolPrint(String(tool.name), clean(tool) as typeof tool));
  const { added, removed, changed } = toolChanges(before, now);
  const few = <T>(all: readonly T[]) => all.slice(0, MAX_NAMED);
  return { added: few(added), removed: few(removed), changed: few(changed) };
}

/** After the switch: removes the versions that no rollback needs. A failure here does not fail the update. */
async function tidy({ versions, commands }: UpdateRunParts, run: JobRun): Promise<void> {
  const { backup, from } = paramsOf(run.record);
  const { signal } = run;
  try {
    const record = versions.record(run);
    await versions.tell(record);
    const kept = versions.kept(record);
    await commands.keep(record, kept, signal);
    if (run.record.kind === UPDATE && !backup && from !== null && from !== record.version && !kept.includes(from))
      await commands.remove(record, from, signal);
  } catch (error) {
    // The next update tries again, and a cleanup removes the rest.
    if (!(error instanceof DomainError)) throw error;
  }
}

/** The new version does not run: the old version is wanted, unless the caller chose otherwise, and still may. */
async function giveUp({ versions }: UpdateRunParts, run: JobRun, { exact, verifying }: Progress): Promise<void> {
  const { rollbackOnFailure, from } = paramsOf(run.record);
  const keepNew = verifying && !rollbackOnFailure && !run.signal.aborted && mayGoOn(run, versions);
  if (keepNew) await versions.choose(run, exact);
  else await versions.settle(run.origin, run.record.serverId ?? '', run.record.id, false);
  const result: UpdateResult = { version: keepNew ? exact : from, rolledBack: !keepNew, tools: null };
  await run.note(result);
}
