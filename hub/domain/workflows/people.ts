import { authorize } from '../access/authorize.js';
import { atLeast, type Caller, payerOf, type RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import { DomainError, invalid } from '../errors.js';
import type { Jobs } from '../jobs/jobs.js';
import { type Decision, decisions, type JobRecord, type StepDecision, type StepQuestion } from '../jobs/record.js';
import { permissionOf, type StepOperations } from './kinds.js';
import { checkedValues } from './questions.js';
import { definedStep } from './readers.js';
import { startersOf } from './run.js';

/** What a person decides about a step. */
export interface DecisionInput {
  /** The name of the step in the run, such as `ask`, `each[2]` or `nested/ask`. */
  readonly step: string;
  readonly decision: Decision;
  readonly comment?: string;
  /** Of an approval, by its form. */
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface DecisionParts {
  readonly jobs: Jobs;
  readonly operations?: StepOperations;
}

/**
 * Decides about a step of a run that waits for a person, with the rights that the person has now. A person who resumes, skips or fails a
 * step also needs the permission of its kind.
 * @param run as the caller sees it; the caller may execute workflows
 * @throws DomainError `forbidden`, `conflict` (the step does not wait), `invalid_input`.
 */
export async function decide(
  { jobs, operations }: DecisionParts,
  origin: RequestOrigin,
  run: JobRecord,
  { step: name, decision, comment = '', values = {} }: DecisionInput,
): Promise<void> {
  const step = run.steps.find((one) => one.name === name);
  const asks = step?.status === 'running' && !step.decided ? step.asks : undefined;
  if (!asks) throw new DomainError('conflict', `step '${name}' does not wait for a decision`);
  checkPerson(origin, run, asks);
  const defined = definedStep(run.params, name);
  const permission = defined && permissionOf(operations, defined);
  if (asks.kind === 'attention' && permission) authorize(origin.caller, permission);
  const known: readonly Decision[] = decisions[asks.kind];
  if (!known.includes(decision)) throw invalid('decision', `must be one of: ${known.join(', ')}`);
  const checked = decision === 'approve' ? checkedValues(asks.form, values) : {};
  const by = origin.caller?.name ?? 'the hub';
  const decided: StepDecision = { decision, by, comment, values: checked, at: Date.now() };
  const audit = changeAudit(origin, 'workflow.decide', { type: 'job', id: run.id }, { step: name, decision });
  await jobs.decide(run, name, decided, { by: origin.caller, writes: [audit] });
}

function checkPerson({ caller }: RequestOrigin, run: JobRecord, { role, text, byAnother }: StepQuestion): void {
  if (!caller) return;
  if (!atLeast(caller.role, role))
    throw new DomainError('forbidden', `this decision needs role ${role}`, { requiredRole: role });
  if (text === null) throw new DomainError('forbidden', 'this decision is for people who may read the question');
  if (byAnother && startersOf(run).some((starter) => isSame(starter, caller)))
    throw new DomainError('forbidden', 'a person who did not start the run decides');
}

/** Whether two callers are one person or program: keys of one user are, and a key and the keys that it made for itself. */
function isSame(a: Caller, b: Caller): boolean {
  return ownerOf(a) === ownerOf(b) || payerOf(a) === payerOf(b);
}
