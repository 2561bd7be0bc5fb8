import { CommandError, isHubError } from '../frame/failures.js';
import { kinds } from './kinds/index.js';
import type { Access } from './kinds/kind.js';
import { differences, fieldsOf, linesOf, type Plan, planDifference, type Step, stepOf, type Task } from './plan.js';
import type { References } from './secrets.js';

/** The outcome of applying a plan. */
export interface Applied {
  readonly done: readonly Step[];
  /** Sentences about servers that cannot be connected, although their records are as in the files. */
  readonly failed: readonly string[];
}

/**
 * Runs a plan step by step. Before each step it compares the record with the plan.
 * @param onStep called before each step
 * @throws CommandError if a record has changed since the plan was made
 */
export async function applyPlan(
  access: Access,
  { tasks }: Plan,
  references: References,
  onStep: (step: Step, done: number) => void,
): Promise<Applied> {
  const failed: string[] = [];
  const done: Step[] = [];
  const run = async (task: Task) => {
    onStep(stepOf(task), done.length);
    await doTask(access, task, references);
    done.push(stepOf(task));
  };
  const made = tasks.filter(({ action }) => action !== 'delete');
  for (const kind of kinds) {
    for (const task of made) if (task.of === kind) await run(task);
    failed.push(...((await kind.finish?.(access)) ?? []));
  }
  for (const task of tasks) if (task.action === 'delete') await run(task);
  return { done, failed };
}

async function doTask(access: Access, task: Task, references: References): Promise<void> {
  const { of, found, name, changes, sendsSecrets } = task;
  const entry = sendsSecrets ? await references.fill(task.entry) : task.entry;
  if (!found) {
    try {
      await of.create(access, name, entry);
    } catch (error) {
      if (isHubError(error) && error.status === 409)
        throw changedMeanwhile([`${task.kind} '${name}': ${error.message}`]);
      throw error;
    }
    // Later records name groups by their ids.
    if (of.section === 'groups') await access.listGroups();
    return;
  }
  await checkUnchanged(access, task);
  if (task.action === 'delete') await of.remove(access, found);
  else await of.update(access, found, entry, { fields: fieldsOf(changes), hasSecrets: sendsSecrets });
}

/** @throws CommandError with the difference if another client has changed the record since the plan was made */
async function checkUnchanged(access: Access, { of, found, kind, name }: Task): Promise<void> {
  if (!found) return;
  const now = await of.look(access, found);
  if (!now) throw changedMeanwhile([`${kind} '${name}' was deleted`]);
  const changes = differences(now.state, found.state);
  if (changes.length > 0) throw changedMeanwhile(linesOf({ action: 'change', kind, name, changes }));
}

/** The error for a plan that is out of date because another client has changed the fleet. */
export function changedMeanwhile(difference: readonly string[]): CommandError {
  return new CommandError(`the fleet has changed since the plan was made:\n${difference.join('\n')}`);
}

/** @throws CommandError with the difference if two plans differ */
export function checkSamePlan(before: readonly Step[], now: readonly Step[]): void {
  const difference = planDifference(before, now);
  if (difference.length > 0) throw changedMeanwhile(difference);
}
