import { authorize } from '../access/authorize.js';
import { atLeast, type Caller, keptCaller, type RequestOrigin, type Role } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { changeAudit, SYSTEM } from '../audit/audit.js';
import { DomainError, invalid, notFound } from '../errors.js';
import { type EventType, eventTypes } from '../events/types.js';
import { newId } from '../ids.js';
import { checkName } from '../names.js';
import type { Creators, KeptCaller } from '../people/creators.js';
import { ownerOfWork, type Servers } from '../servers/servers.js';
import { collection, findNamed, put, remove, type Store, type Write } from '../store.js';
import { makeSecret, takeSecret } from '../webhooks/secret.js';
import type { WorkflowCatalog } from './catalog.js';
import { checkParameterSize, fits, type Parameters, type WorkflowDefinition } from './definition.js';
import { expressionBounds, hasExpression, partsOf } from './expressions.js';
import { compileText, referencesOf, textsBelow } from './graph.js';
import { serversOf } from './steps.js';

/** The events that start runs: progress and tool calls are too many, and most of them are about runs themselves. */
export const triggerEvents = (Object.keys(eventTypes) as EventType[]).filter(
  (type) => !type.startsWith('tool.') && !type.endsWith('.progress'),
);

/** A trigger: it starts runs of a workflow after an event of the hub, or a signed message of another program. */
export interface WorkflowTrigger {
  readonly id: string;
  readonly name: string;
  /** The key of the workflow ({@link FoundWorkflow}): a rename lets no other workflow run with the owner's rights. Triggers of earlier versions keep a name. */
  readonly workflow: string;
  /** The types of events; `null`: it is an incoming webhook. */
  readonly events: readonly EventType[] | null;
  /** An expression over `event`; only an event for which it is true starts a run. */
  readonly filter: string | null;
  /** Values of parameters; texts may hold expressions over `event`. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The most runs of it that are not over: further events start no run. */
  readonly concurrency: number;
  /** Events within this time after the first one start one run together, at its end, seconds. */
  readonly debounce: number;
  readonly enabled: boolean;
  /** Why the hub disabled it; `null` if the hub did not. */
  readonly disabledReason: string | null;
  /** The secret of an incoming webhook. */
  readonly sealedSecret: string | null;
  /** The caller who made it. Runs are started with the rights that the owner has then; `null`: the hub itself. */
  readonly owner: KeptCaller | null;
  /** The person to whom it belongs, if it named a personal server when it was made. */
  readonly ownerId?: string;
  /** The trigger takes only events after this one. */
  readonly sinceSeq: number;
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export const triggerRecords = collection<WorkflowTrigger>(
  'workflow_triggers',
  'trigger',
  { name: { of: ({ name }) => name.toLowerCase(), unique: true } },
  { sealed: ({ sealedSecret }) => (sealedSecret === null ? undefined : { text: sealedSecret }) },
);

/** The outcome of the last event of a trigger. Its id is the id of the trigger. */
export interface LastEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /**
   * `started`: the event started a run; `joined`: it joined the run that `debounce` holds back; `skipped`: too many runs are not over;
   * `filtered`: the filter is false.
   */
  readonly outcome: 'started' | 'joined' | 'skipped' | 'filtered' | 'failed';
  readonly runId: string | null;
  readonly reason: string | null;
  /** The person to whom the event belongs. */
  readonly ownerId?: string;
}

export const lastEvents = collection<LastEvent>('workflow_trigger_events', 'event of a trigger');

export interface NewTrigger {
  readonly name: string;
  /** Id or name. */
  readonly workflow: string;
  /** Absent: an incoming webhook. */
  readonly events?: readonly string[] | undefined;
  readonly filter?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  readonly concurrency?: number | undefined;
  readonly debounce?: number | undefined;
  /** The secret of an incoming webhook; absent: the hub makes one at random. */
  readonly secret?: string | undefined;
}

/** The most triggers: the hub compares every event with each of them. */
const MOST_TRIGGERS = 200;

/**
 * Makes, shows, enables, disables and deletes triggers of workflows. Every caller who may run workflows sees them; the owner and admins
 * change them.
 */
export class Triggers {
  readonly #store: Store;
  readonly #catalog: WorkflowCatalog;
  readonly #creators: Pick<Creators, 'now'>;
  readonly #servers: Pick<Servers, 'named'>;

  constructor(
    store: Store,
    catalog: WorkflowCatalog,
    creators: Pick<Creators, 'now'>,
    servers: Pick<Servers, 'named'>,
  ) {
    this.#store = store;
    this.#catalog = catalog;
    this.#creators = creators;
    this.#servers = servers;
  }

  /**
   * The triggers, oldest first, with filter and parameters for callers who may read them: see {@link isWhole}.
   * @throws DomainError `forbidden`.
   */
  list({ caller }: RequestOrigin): WorkflowTrigger[] {
    authorize(caller, 'workflow.execute');
    return [...this.#store.list(triggerRecords)].map((trigger) =>
      this.isWhole(caller, trigger) ? trigger : { ...trigger, filter: null, parameters: {} },
    );
  }

  /**
   * Whether a caller sees filter, parameters and last event of a trigger: the owner and admins do, and so do callers who may read the
   * parameters of its runs, unless the trigger belongs to a person.
   */
  isWhole(caller: Caller | null, trigger: WorkflowTrigger): boolean {
    if (caller === null || isOwner(caller, trigger) || caller.role === 'admin') return true;
    return this.#belonging(trigger).ownerId === undefined && this.#catalog.readsParameters(caller, trigger.workflow);
  }

  /** The person to whom a trigger belongs, as to whom its runs do: a personal server may have got its name, or lost it, since it was made. */
  #belonging({
    ownerId,
    owner,
    workflow,
    parameters,
  }: Pick<WorkflowTrigger, 'owner' | 'ownerId' | 'workflow' | 'parameters'>): { readonly ownerId?: string } {
    const found = this.#catalog.lookUp(workflow);
    if (ownerId !== undefined || owner === null || !found) return ownerId === undefined ? {} : { ownerId };
    const { steps, parameters: known } = found.definition;
    const defaults = Object.entries(known).map(([name, one]) => [name, one.default]);
    // The value of an expression is no name that is known yet.
    const named = serversOf(steps, { ...Object.fromEntries(defaults), ...parameters } as Parameters);
    return ownerOfWork({ caller: { userId: null, ...owner } }, this.#servers, named);
  }

  /**
   * Makes a trigger. The secret of an incoming webhook is in the answer and nowhere else.
   * @throws DomainError `forbidden`, `invalid_input`, `already_exists`, `not_found` (workflow), `conflict` (too many).
   */
  async create(origin: RequestOrigin, input: NewTrigger) {
    authorize(origin.caller, 'workflow.execute');
    const { name, workflow, filter = null, parameters = {}, concurrency = 1, debounce = 0 } = input;
    checkName(name);
    const owner = ownerFrom(origin);
    const { key, definition } = this.#catalog.find(workflow);
    await this.#checkExpressions(definition, filter, parameters);
    if (findNamed(this.#store, triggerRecords, name))
      throw new DomainError('already_exists', `there is a trigger '${name}' already`);
    if (this.#store.count(triggerRecords) >= MOST_TRIGGERS)
      throw new DomainError('conflict', `there are ${MOST_TRIGGERS} triggers, and no more are taken`);
    const events = input.events ? input.events.map(checkedEvent) : null;
    if (events && input.secret !== undefined) throw invalid('secret', 'belongs to an incoming webhook');
    const secret = events ? null : input.secret === undefined ? makeSecret() : takeSecret(input.secret);
    const { caller } = origin;
    const trigger: WorkflowTrigger = {
      id: newId(),
      ...{ name, workflow: key, events, filter, parameters, concurrency, debounce },
      enabled: true,
      disabledReason: null,
      sealedSecret: secret === null ? null : await this.#store.seal(secret),
      owner,
      ...this.#belonging({ owner, workflow: key, parameters }),
      sinceSeq: this.#store.latestSeq,
      revision: 1,
      createdAt: Date.now(),
    };
    const details = { name, workflow, events: events ?? 'webhook' };
    await this.#store.apply({
      by: caller,
      writes: [put(triggerRecords, trigger, 'absent'), audit(origin, 'trigger.create', trigger, details)],
    });
    return { trigger, secret };
  }

  /**
   * Enables or disables a trigger. Its owner stays, also if another key of the owner's user does that: the holder of the owner's key knows the
   * secret, and the keys of one user have different rights. A caller enables no trigger whose owner has a higher role. @throws DomainError `forbidden`, `not_found`.
   */
  async setEnabled(origin: RequestOrigin, idOrName: string, enabled: boolean): Promise<WorkflowTrigger> {
    const before = this.#own(origin, idOrName);
    if (enabled) this.#checkRole(origin, before);
    const trigger: WorkflowTrigger = {
      ...before,
      enabled,
      disabledReason: null,
      sinceSeq: this.#store.latestSeq,
      revision: before.revision + 1,
    };
    await this.#store.apply({
      by: origin.caller,
      writes: [
        put(triggerRecords, trigger, before.revision),
        audit(origin, 'trigger.update', trigger, { name: trigger.name, enabled }),
      ],
    });
    return trigger;
  }

  /** Runs that it started go on. @throws DomainError `forbidden`, `not_found`. */
  async delete(origin: RequestOrigin, idOrName: string): Promise<void> {
    const trigger = this.#own(origin, idOrName);
    const { id, name, revision } = trigger;
    await this.#store.apply({
      by: origin.caller,
      writes: [
        remove(triggerRecords, id, revision),
        remove(lastEvents, id, 'any'),
        audit(origin, 'trigger.delete', trigger, { name }),
      ],
    });
  }

  #own({ caller }: RequestOrigin, idOrName: string): WorkflowTrigger {
    authorize(caller, 'workflow.execute');
    const trigger = findNamed(this.#store, triggerRecords, idOrName);
    if (!trigger) throw notFound('trigger', idOrName);
    if (!isOwner(caller, trigger) && caller?.role !== 'admin')
      throw new DomainError('forbidden', 'only the owner of a trigger and admins change it');
    return trigger;
  }

  /** Runs of a trigger have the rights of its owner. @throws DomainError `forbidden` if the owner's role is higher now than the caller's. */
  #checkRole({ caller }: RequestOrigin, { owner }: WorkflowTrigger): void {
    const requiredRole = owner === null ? 'admin' : this.#roleOf(owner);
    if (!caller || requiredRole === undefined || atLeast(caller.role, requiredRole)) return;
    throw new DomainError('forbidden', `this trigger runs with role ${requiredRole}: enabling it needs that role`, {
      requiredRole,
    });
  }

  /** The role that an owner has now; `undefined` for an owner that may do nothing: its trigger starts no run. */
  #roleOf(owner: KeptCaller): Role | undefined {
    try {
      return this.#creators.now(owner).role;
    } catch (error) {
      if (error instanceof DomainError) return undefined;
      throw error;
    }
  }

  /** The expressions are compiled in turns of the event loop. */
  async #checkExpressions(
    definition: WorkflowDefinition,
    filter: string | null,
    given: NonNullable<NewTrigger['parameters']>,
  ): Promise<void> {
    checkParameterSize(given);
    for (const [name, value] of Object.entries(given)) {
      const known = Object.hasOwn(definition.parameters, name) ? definition.parameters[name] : undefined;
      if (!known) throw invalid(`parameters.${name}`, 'is not a known parameter');
      if (!textsBelow('', value).some(({ text }) => hasExpression(text)) && !fits(known.type, value))
        throw invalid(`parameters.${name}`, `must be of type ${known.type}`);
    }
    const texts = textsBelow('parameters', given);
    if (filter !== null) texts.push({ field: 'filter', text: filter });
    let length = 0;
    for (const { field, text } of texts) {
      if (!hasExpression(text)) continue;
      length += text.length;
      if (length > expressionBounds.stepText)
        throw invalid(field, 'the expressions of the trigger are too long together');
      await compileText(text);
      const other = referencesOf(text).find(({ root }) => root !== 'event');
      if (other) throw invalid(field, `there is no '${other.root}'; known: event`);
    }
    const isWhole = filter === null || partsOf(filter).every(({ expression }, at) => expression && at === 0);
    if (!isWhole) throw invalid('filter', `must be one expression such as \${{ event.data.severity == 'critical' }}`);
  }
}

/** The hub itself may do everything. */
function isOwner(caller: Caller | null, { owner }: WorkflowTrigger): boolean {
  return caller === null || (owner !== null && ownerOf({ userId: null, ...owner }) === ownerOf(caller));
}

/**
 * The caller as the owner of a trigger: each run checks the rights of the owner again. @throws DomainError `forbidden` if the hub cannot
 * check them again.
 */
function ownerFrom({ caller }: RequestOrigin): KeptCaller | null {
  if (caller?.kind === 'user' && caller.userId === null)
    throw new DomainError(
      'forbidden',
      'a trigger needs a user or a key of the hub: the identity provider is not asked again',
    );
  return caller && keptCaller(caller);
}

function checkedEvent(type: string, at: number): EventType {
  const known = triggerEvents.find((one) => one === type);
  if (!known) throw invalid(`events.${at}`, `must be one of: ${triggerEvents.join(', ')}`);
  return known;
}

function audit(
  origin: RequestOrigin,
  action: string,
  { id }: WorkflowTrigger,
  details: Record<string, unknown>,
): Write {
  return changeAudit(origin, action, { type: 'trigger', id }, details);
}

/** The writes that disable a trigger. */
export function disabledTrigger(trigger: WorkflowTrigger, disabledReason: string): Write[] {
  const { name, revision } = trigger;
  const disabled = { ...trigger, enabled: false, disabledReason, revision: revision + 1 };
  const details = { name, enabled: false, reason: disabledReason };
  return [put(triggerRecords, disabled, revision), audit(SYSTEM, 'trigger.update', trigger, details)];
}
