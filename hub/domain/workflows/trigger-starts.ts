import { createHash } from 'node:crypto';
import { authorize } from '../access/authorize.js';
import type { Caller, RequestOrigin } from '../access/caller.js';
import { isOwnOrAdmin, ownerOf } from '../access/grants.js';
import { SYSTEM } from '../audit/audit.js';
import { DomainError, notFound } from '../errors.js';
import { Turns } from '../event-loop.js';
import { mayHear } from '../events/types.js';
import { isOver, type JobRecord, jobRecords, WORKFLOW } from '../jobs/record.js';
import { parseJson } from '../json-body.js';
import { Mirror } from '../mirror.js';
import { isoNow, isoTime } from '../moments.js';
import type { Creators } from '../people/creators.js';
import { InTurn } from '../retrying.js';
import type { ServerRegistry } from '../servers/registry.js';
import { collection, type JournalEvent, put, remove, type Store, type Write } from '../store.js';
import { CLOCKS_DIFFER_MS, isSigned, type SignedHeaders } from '../webhooks/secret.js';
import { evaluateText, hasExpression, WorkBudget } from './expressions.js';
import { compileText, textsBelow } from './graph.js';
import type { RunParams } from './run.js';
import {
  disabledTrigger,
  type LastEvent,
  lastEvents,
  type Triggers,
  triggerRecords,
  type WorkflowTrigger,
} from './triggers.js';
import type { Workflows } from './workflows.js';

/** How far the journal has been turned into runs: all events before `seq`, and for the event `seq` the triggers in `done`. */
interface TriggerCursor {
  readonly id: string;
  readonly seq: number;
  readonly done: readonly string[];
  /** Absent in a cursor of an earlier version. */
  readonly revision?: number;
}

const cursors = collection<TriggerCursor>('workflow_trigger_cursor', 'trigger cursor');
const CURSOR = 'triggers';

/** A message of an incoming webhook that was taken: the same message starts no second run. */
interface ReceivedMessage {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly runId: string;
}

const received = collection<ReceivedMessage>('workflow_trigger_messages', 'received message', {
  at: { of: ({ at }) => at },
});
/** How long a message is remembered, milliseconds. After that the hub refuses it because of its time. */
const REMEMBERED_MS = 2 * CLOCKS_DIFFER_MS + 60_000;
/** The most old messages that one message removes. */
const TIDIED = 16;

/** The events that the hub reads at once. */
const PORTION = 256;
/** The pause before the next try when the store or the job engine refuses work, milliseconds. */
const RETRY_MS = 1000;
/** How far the cursor may run ahead of the disk while no trigger listens, events. */
const UNSAVED = 10_000;
/** The most work of the expressions of one trigger for one event: the hub compares every event with all triggers. */
const EVENT_WORK = 10_000;
/** The most runs that one trigger starts in a minute. */
const MAX_STARTS = 120;

export interface TriggerParts {
  readonly store: Store;
  readonly creators: Creators;
  readonly registry: ServerRegistry;
  readonly workflows: Workflows;
  readonly triggers: Pick<Triggers, 'isWhole'>;
  readonly onError: (error: unknown) => void;
}

/** The event as expressions read it. */
interface TriggerEvent {
  readonly type: string;
  readonly time: string;
  readonly data: unknown;
}

/**
 * Starts the runs of triggers, with the rights that the owner of the trigger has then. A durable cursor moves in the same change that
 * stores the run, so an event starts a run once, even if the hub is killed.
 */
export class TriggerStarts {
  readonly #parts: TriggerParts;
  readonly #triggers: Mirror<WorkflowTrigger>;
  /** Runs that are not over, by trigger. */
  readonly #live = new Map<string, Map<string, JobRecord>>();
  /** The last events of triggers since the hub started. */
  readonly #last = new Map<string, LastEvent>();
  /** Starts of one trigger follow each other: each counts the runs that are not over. */
  readonly #inTurn = new InTurn();
  readonly #starts = new Map<string, { readonly minute: number; readonly count: number }>();
  /** The cursor on disk; `undefined` before it was first saved. */
  #saved: TriggerCursor | undefined;
  #seq: number;
  #done: readonly string[];
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stop: (() => void) | undefined;
  #closed = false;

  constructor(parts: TriggerParts) {
    this.#parts = parts;
    const { store } = parts;
    this.#triggers = new Mirror(store, triggerRecords);
    const cursor = store.get(cursors, CURSOR);
    // A store restored from a backup may have fewer events than the cursor knew.
    const isKnown = cursor !== undefined && cursor.seq <= store.latestSeq;
    this.#saved = cursor && (isKnown ? cursor : { ...cursor, seq: store.latestSeq, done: [] });
    this.#seq = this.#savedSeq;
    this.#done = this.#saved?.done ?? [];
    for (const status of ['scheduled', 'queued', 'running'] as const)
      for (const job of store.list(jobRecords, { index: 'status', equals: [status] })) this.#know(job);
    store.observe(({ writes }) => {
      for (const { collection: name, value } of writes)
        if (name === jobRecords.name && value) this.#know(value as JobRecord);
    }, jobRecords);
  }

  /** Every event up to this `seq` has its runs, or needs none. */
  get seq(): number {
    return this.#seq;
  }

  /**
   * The outcome of the last event for a trigger. Only callers who see the whole trigger see more than the outcome. If the event is about a
   * personal server, or its run names one, only its owner and admins do.
   */
  last({ caller }: RequestOrigin, id: string): LastEvent | undefined {
    const last = this.#last.get(id) ?? this.#parts.store.get(lastEvents, id);
    const trigger = this.#triggers.byId(id);
    const isWhole = !trigger || this.#parts.triggers.isWhole(caller, trigger);
    const isShown = !last || !caller || (isWhole && isOwnOrAdmin(caller, last.ownerId));
    return isShown ? last : { ...last, runId: null, reason: null };
  }

  start(): void {
    this.#stop ??= this.#parts.store.act(({ events }) => this.#follow(events), 'events');
    this.#wake(0);
  }

  /** Resolves once no work runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop?.();
    clearTimeout(this.#timer);
    await this.#running;
    if (this.#seq === this.#savedSeq) return;
    const { write } = this.#cursor(this.#seq, this.#done);
    await this.#parts.store.apply({ by: null, writes: [write] }).catch((error) => {
      // If another writer has moved the cursor, or the disk takes no write, the next start reads these events again.
      if (!(error instanceof DomainError)) this.#parts.onError(error);
    });
  }

  /**
   * Takes a message for an incoming webhook. @returns the id of its run; `null` if the filter leaves it out. The same message again gives
   * the same run.
   * @throws DomainError `not_found`, `invalid_credential` (signature, time), `malformed`, `payload_too_large` (too many values),
   * `unavailable` (too many runs are not over), `forbidden`.
   */
  async receive(origin: RequestOrigin, id: string, headers: SignedHeaders, body: string): Promise<string | null> {
    const { store } = this.#parts;
    const trigger = this.#triggers.byId(id);
    if (!trigger?.enabled || trigger.sealedSecret === null) throw notFound('trigger', id);
    if (!isSigned(await store.unseal(trigger.sealedSecret), headers, body, Date.now()))
      throw new DomainError('invalid_credential', 'The signature or the time of the message is wrong');
    const key = `${id}:${createHash('sha256').update(headers.id).digest('hex')}`;
    return this.#inTurn.run(id, () => this.#take(id, origin, key, body));
  }

  /** Starts the run of a message. @param key of the message, which may come several times */
  async #take(id: string, origin: RequestOrigin, key: string, body: string): Promise<string | null> {
    const { store } = this.#parts;
    // The trigger may have been disabled or deleted while the message waited for its turn.
    const trigger = this.#triggers.byId(id);
    if (!trigger?.enabled) throw notFound('trigger', id);
    const known = store.get(received, key);
    if (known) return known.runId;
    const event = { type: 'webhook', time: isoNow(), data: body === '' ? null : parseJson(body) };
    const old = [...store.list(received, { index: 'at', to: Date.now() - REMEMBERED_MS, limit: TIDIED })];
    const extraWrites = (runId: string | null) => [
      ...(runId === null ? [] : [put(received, { id: key, at: Date.now(), runId }, 'absent')]),
      ...old.map((message) => remove(received, message.id, 'any')),
    ];
    const { outcome, runId, reason } = await this.#start(trigger, event, { origin, extraWrites });
    if (outcome === 'skipped')
      throw new DomainError('unavailable', reason ?? 'the trigger starts no run now', { retryAfter: 30 });
    return runId;
  }

  #know(job: JobRecord): void {
    if (job.kind !== WORKFLOW) return;
    const { triggerId } = job.params as { readonly triggerId?: string };
    if (triggerId === undefined) return;
    const live = this.#live.get(triggerId) ?? new Map<string, JobRecord>();
    if (isOver(job)) live.delete(job.id);
    else live.set(job.id, job);
    if (live.size > 0) this.#live.set(triggerId, live);
    else this.#live.delete(triggerId);
  }

  /** Follows the events of a change. Most events have no trigger: the hub skips them without reading the journal. */
  #follow(events: readonly JournalEvent[]): void {
    const [first] = events;
    const last = events.at(-1);
    if (!first || !last || this.#running || this.#timer) return;
    const triggers = [...this.#triggers.all()];
    const isHeard = () => events.some((event) => triggers.some((trigger) => listens(trigger, event)));
    if (first.seq === this.#seq + 1 && !isHeard()) this.#pass(last.seq);
    if (this.#seq < last.seq || this.#seq - this.#savedSeq >= UNSAVED) this.#wake(0);
  }

  #wake(delayMs: number): void {
    if (this.#running || this.#timer || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#running = this.#run();
    }, delayMs);
  }

  async #run(): Promise<void> {
    let pause = 0;
    try {
      await this.#portion();
    } catch (error) {
      // The hub tries the same event again.
      if (!(error instanceof DomainError)) this.#parts.onError(error);
      pause = RETRY_MS;
      await this.#catchUp();
    }
    this.#running = undefined;
    if (this.#seq < this.#parts.store.latestSeq) this.#wake(pause);
  }

  async #portion(): Promise<void> {
    const { store } = this.#parts;
    const events = store.events(this.#seq, PORTION);
    if (events.length === 0) this.#pass(store.latestSeq);
    this.#save();
    const turns = new Turns();
    for (const event of events) {
      if (this.#closed) return;
      if (turns.due) await turns.next();
      for (const trigger of this.#triggers.all())
        if (!this.#done.includes(trigger.id) && listens(trigger, event)) {
          await this.#hear(trigger, event);
          if (turns.due) await turns.next();
        }
      this.#pass(event.seq);
      this.#save();
    }
  }

  /** Notes that the events up to this one are done for all triggers. */
  #pass(seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
    this.#done = [];
  }

  /** Saves the cursor from time to time while no trigger listens. */
  #save(): void {
    if (this.#seq - this.#savedSeq < UNSAVED) return;
    const cursor = this.#cursor(this.#seq, this.#done);
    this.#parts.store.record({ writes: [cursor.write] });
    this.#saved = cursor.moved;
  }

  get #savedSeq(): number {
    return this.#saved?.seq ?? 0;
  }

  /** Moves the cursor. The store refuses the write if another writer has moved the cursor since: then these events have their runs. */
  #cursor(seq: number, done: readonly string[]): { readonly write: Write; readonly moved: TriggerCursor } {
    const { revision = 0 } = this.#saved ?? {};
    const moved = { id: CURSOR, seq, done, revision: revision + 1 };
    return { write: put(cursors, moved, this.#saved ? revision : 'absent'), moved };
  }

  /** Takes over the cursor of another writer, which has started the runs up to there. */
  async #catchUp(): Promise<void> {
    const { store } = this.#parts;
    // The other writer's change may not be on disk yet.
    await store.flush().catch(() => {});
    const cursor = store.get(cursors, CURSOR);
    if (!cursor || cursor.revision === this.#saved?.revision) return;
    this.#saved = cursor;
    if (cursor.seq < this.#seq) return;
    this.#seq = cursor.seq;
    this.#done = cursor.done;
  }

  async #hear(trigger: WorkflowTrigger, event: JournalEvent): Promise<void> {
    const { registry } = this.#parts;
    const { jobId, ownerId = event.serverId && registry.ownerOf(event.serverId) } = event.data as Record<
      string,
      unknown
    >;
    // The end of a run does not start the next run of its trigger, directly or through other triggers.
    const causes = typeof jobId === 'string' ? this.#causesOf(jobId) : [];
    if (causes.includes(trigger.id)) return;
    const done = [...this.#done, trigger.id];
    // The cursor stays before this event: its other triggers are not done.
    const cursor = this.#cursor(event.seq - 1, done);
    const extraWrites = () => [cursor.write];
    let whose: { readonly ownerId?: string } = {};
    try {
      const owner = this.#ownerNow(trigger);
      if (owner && !mayHear(owner, event, registry)) return;
      const heard = {
        type: event.type,
        time: isoTime(event.time),
        data: { ...event.data, serverId: event.serverId ?? null },
      };
      // For an event about a personal server the run has the rights of the trigger's owner, so only that owner may read it.
      if (typeof ownerId === 'string') whose = { ownerId: owner ? ownerOf(owner) : ownerId };
      const isHeard = await this.#inTurn.run(trigger.id, async () => {
        // The trigger may have been disabled or deleted while the event waited for its turn.
        const now = this.#triggers.byId(trigger.id);
        if (!now || !listens(now, event)) return false;
        await this.#start(now, heard, { origin: SYSTEM, causes, extraWrites, ...whose });
        return true;
      });
      if (!isHeard) return;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === 'unavailable') throw error;
      const last = this.#noted(trigger, 'failed', null, error.message, whose);
      this.#parts.store.record({ writes: [...extraWrites(), put(lastEvents, last, 'any')] });
      this.#show(last);
    }
    this.#saved = cursor.moved;
    this.#done = done;
  }

  /** @param whose the person to whom the event, or its run, belongs */
  #noted(
    { id }: WorkflowTrigger,
    outcome: LastEvent['outcome'],
    runId: string | null,
    reason: string | null,
    { ownerId }: { readonly ownerId?: string },
  ): LastEvent {
    return { id, at: Date.now(), outcome, runId, reason, ...(ownerId === undefined ? {} : { ownerId }) };
  }

  /** Shows an event as the last event of its trigger, once its run is stored or it has none. */
  #show(last: LastEvent): LastEvent {
    this.#last.set(last.id, last);
    return last;
  }

  /** The triggers whose runs led to a job: its own, or those of the job that it is a part of. */
  #causesOf(jobId: string): readonly string[] {
    const { store } = this.#parts;
    for (
      let job = store.get(jobRecords, jobId);
      job;
      job = job.parentId ? store.get(jobRecords, job.parentId) : undefined
    ) {
      const { causes } = job.params as Pick<RunParams, 'causes'>;
      if (causes) return causes;
    }
    return [];
  }

  /** The owner with its present rights. A trigger whose owner has lost the right to run workflows is disabled. @throws DomainError */
  #ownerNow(trigger: WorkflowTrigger): Caller | null {
    if (trigger.owner === null) return null;
    try {
      const owner = this.#parts.creators.now(trigger.owner);
      authorize(owner, 'workflow.execute');
      return owner;
    } catch (error) {
      if (error instanceof DomainError) {
        const writes = disabledTrigger(trigger, `its owner may not run workflows any more: ${error.message}`);
        // If another change comes first, the next event tries again.
        void this.#parts.store.apply({ by: null, writes }).catch(() => {});
      }
      throw error;
    }
  }

  async #start(
    trigger: WorkflowTrigger,
    event: TriggerEvent,
    more: {
      readonly origin: RequestOrigin;
      readonly causes?: readonly string[];
      /** The writes that mark this event as done. @param runId `null`: the event starts no run */
      readonly extraWrites: (runId: string | null) => readonly Write[];
      readonly ownerId?: string;
    },
  ): Promise<LastEvent> {
    const { id, workflow, concurrency, debounce } = trigger;
    const { store } = this.#parts;
    const caller = this.#ownerNow(trigger);
    const noted = (outcome: LastEvent['outcome'], run: JobRecord | null = null, reason: string | null = null) =>
      this.#noted(trigger, outcome, run?.id ?? null, reason, run ?? more);
    const passed = (last: LastEvent) => {
      store.record({ writes: [...more.extraWrites(null), put(lastEvents, last, 'any')] });
      return this.#show(last);
    };
    const budget = new WorkBudget(EVENT_WORK);
    for (const { text } of textsBelow('', [trigger.filter, trigger.parameters])) await compileText(text);
    if (trigger.filter !== null && evaluateText(trigger.filter, { event }, budget) !== true)
      return passed(noted('filtered'));
    const live = [...(this.#live.get(id)?.values() ?? [])];
    const waiting = debounce > 0 ? live.find(({ status }) => status === 'scheduled') : undefined;
    if (waiting) {
      const last = noted('joined', waiting);
      await store.apply({ by: null, writes: [...more.extraWrites(waiting.id), put(lastEvents, last, 'any')] });
      return this.#show(last);
    }
    if (live.length >= concurrency || !this.#mayStart(id))
      return passed(noted('skipped', null, 'as many runs as the trigger allows go on'));
    const parameters = filledIn(trigger.parameters, event, budget) as Readonly<Record<string, unknown>>;
    let last: LastEvent | undefined;
    try {
      await this.#parts.workflows.startFor(
        { ...more.origin, caller },
        {
          triggerId: id,
          causes: more.causes ?? [],
          workflow,
          parameters,
          dueAt: Date.now() + debounce * 1000,
          ownerId: more.ownerId,
          extraWrites: (made) => {
            last = noted('started', made);
            // The change fails where the trigger was disabled, changed or deleted meanwhile.
            const unchanged = put(triggerRecords, trigger, trigger.revision);
            return [...more.extraWrites(made.id), put(lastEvents, last, 'any'), unchanged];
          },
        },
      );
    } catch (error) {
      // If the queue is full, one trigger must not hold up the others.
      if (!(error instanceof DomainError) || error.details.queueSize === undefined) throw error;
      return passed(noted('skipped', null, error.message));
    }
    if (!last) throw new Error('a run starts with its last event');
    return this.#show(last);
  }

  /** Counts a start. A trigger starts a bounded number of runs a minute: a run may cause events that start it again. */
  #mayStart(id: string): boolean {
    const minute = Math.floor(Date.now() / 60_000);
    const known = this.#starts.get(id);
    const count = known?.minute === minute ? known.count + 1 : 1;
    this.#starts.set(id, { minute, count });
    return count <= MAX_STARTS;
  }
}

function listens({ enabled, events, sinceSeq }: WorkflowTrigger, { type, seq }: JournalEvent): boolean {
  return enabled && events !== null && seq > sinceSeq && events.some((one) => one === type);
}

/** A value with its expressions evaluated. */
function filledIn(value: unknown, event: TriggerEvent, budget: WorkBudget): unknown {
  if (typeof value === 'string') return hasExpression(value) ? evaluateText(value, { event }, budget) : value;
  if (Array.isArray(value)) return value.map((item) => filledIn(item, event, budget));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, event, budget)]));
}
