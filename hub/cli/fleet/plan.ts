import { isDeepStrictEqual } from 'node:util';
import { counted } from '../frame/values.js';
import { type Entry, type Fleet, keyOf } from './document.js';
import { entries, type Reference } from './format.js';
import { kinds } from './kinds/index.js';
import { type Access, AMBIGUOUS, byName, type Found, type Kind, SHIPPED, type State } from './kinds/kind.js';
import { isObject, type References, referencesIn, referenceText, SECRET } from './secrets.js';

/** A field that differs. Marks take the place of secrets. */
export interface Change {
  readonly field: string;
  /** The value at the hub; absent: none. */
  readonly from?: unknown;
  /** The value in the files; absent: none. */
  readonly to?: unknown;
}

/** A step of a plan, in the form that is shown, saved and compared. */
export interface Step {
  readonly action: 'create' | 'change' | 'delete';
  readonly kind: string;
  readonly name: string;
  readonly changes: readonly Change[];
}

/** A step with the data to run it. */
export interface Task extends Step {
  readonly of: Kind;
  readonly found: Found | undefined;
  readonly entry: Entry['value'] | undefined;
  /** Whether the step sends the secrets of its entry. */
  readonly sendsSecrets: boolean;
}

/** A value that a plan needs: its source, and the records that use it. */
export interface Needed {
  readonly source: string;
  readonly for: readonly string[];
  /** Why the value cannot be read; `null`: it can be read. */
  readonly problem: string | null;
}

/** The steps that bring the hub to the state of the files. */
export interface Plan {
  /** In the order in which they run. */
  readonly tasks: readonly Task[];
  /** Differences that the hub cannot remove: the policies of sites. */
  readonly drift: readonly Step[];
  readonly unchanged: number;
  readonly secrets: readonly Needed[];
  /** Problems that have to be solved before the first step. */
  readonly problems: readonly string[];
  /** Differences from the files that remain. */
  readonly notes: readonly string[];
}

export interface PlanOptions {
  /** Delete records that no file describes, in the sections that the files have. */
  readonly prune: boolean;
  /** Send all secrets and values of variables again. */
  readonly resend: boolean;
}

/** Compares the files with the hub. */
export async function planOf(
  access: Access,
  fleet: Fleet,
  references: References,
  options: PlanOptions,
): Promise<Plan> {
  const sites = new Set((await access.hub.connect.sites.list(access.options)).map(({ name }) => name));
  // Servers refer to groups, both here and at the hub.
  await access.listGroups();
  const made: Task[] = [];
  const deleted: Task[] = [];
  const drift: Step[] = [];
  const problems: string[] = [];
  const notes: string[] = [];
  let unchanged = 0;
  let unseen = 0;
  for (const kind of kinds) {
    const described = fleet.get(kind.section);
    if (!described) continue;
    const known = byName(await kind.read(access));
    for (const { name, value } of described) {
      const [found, ...others] = known.get(keyOf(name)) ?? [];
      known.delete(keyOf(name));
      if (kind.elsewhere !== undefined && found) {
        const changes = found.unknown === undefined ? differences(kind.stateOf(value, access), found.state) : [];
        if (changes.length > 0) drift.push({ action: 'change', kind: kind.noun, name, changes });
        else if (found.unknown === undefined) unchanged += 1;
        else notes.push(`${kind.noun} '${name}' is not compared: ${found.unknown}`);
        continue;
      }
      const task = taskOf(access, kind, name, value, found, options);
      const mistakes =
        others.length > 0 ? [AMBIGUOUS] : mistakesIn(kind, value, task, { fleet, access, sites, prune: options.prune });
      problems.push(...mistakes.map((mistake) => `${kind.section}.${name}: ${mistake}`));
      if (task) made.push(task);
      else {
        unchanged += 1;
        if (hasPlainValues(value)) unseen += 1;
      }
    }
    if (!options.prune || kind.isFixed) continue;
    for (const all of known.values()) {
      const [found] = all;
      const { name = '', kept = all.length > 1 ? AMBIGUOUS : undefined } = found ?? {};
      if (kept === undefined && found) deleted.unshift(deletionOf(kind, found));
      else if (kept !== SHIPPED) notes.push(`${kind.noun} '${name}' stays: ${kept}`);
    }
  }
  for (const kind of kinds)
    if (drift.some((step) => step.kind === kind.noun))
      notes.push(`the policy of a ${kind.noun} differs: ${kind.elsewhere}`);
  if (unseen > 0)
    notes.push(
      `the hub does not show values of variables and headers: those of ${counted(unseen, 'server')} are not compared; --resend sends them`,
    );
  const tasks = [...made, ...deleted];
  return { tasks, drift, unchanged, problems, notes, secrets: await neededBy(tasks, references) };
}

/** A step without the data to run it. */
export function stepOf({ action, kind, name, changes }: Task): Step {
  return { action, kind, name, changes };
}

function taskOf(
  access: Access,
  of: Kind,
  name: string,
  entry: Entry['value'],
  found: Found | undefined,
  { resend }: PlanOptions,
): Task | undefined {
  const state = of.stateOf(entry, access);
  const common = { kind: of.noun, name, of, found, entry };
  if (!found) {
    const changes = differences(withoutDefaults(of, state), {});
    return { ...common, action: 'create', changes, sendsSecrets: !of.isPlain };
  }
  const changes = differencesOf(state, found.state);
  const fields = [...fieldsOf(changes)];
  const resends = resend && !of.isPlain && (referencesIn(entry).length > 0 || hasPlainValues(entry));
  const sendsSecrets = resends || (!of.isPlain && of.needsSecrets(fields, entry));
  const all = resends ? [...changes, { field: RESENT, to: SECRET }] : changes;
  return all.length === 0 ? undefined : { ...common, action: 'change', changes: all, sendsSecrets };
}

/** A field in the list of a change that sends secrets again. */
const RESENT = 'secrets';

function deletionOf(of: Kind, found: Found): Task {
  const { name } = found;
  return { action: 'delete', kind: of.noun, name, changes: [], of, found, entry: undefined, sendsSecrets: false };
}

/** The fields of the state that are compared. */
export function fieldsOf(changes: readonly Change[]): Set<string> {
  return new Set(changes.flatMap(({ field }) => (field === RESENT ? [] : [rootOf(field)])));
}

/** A field of a device's jump host is a field of the state by itself. */
function rootOf(field: string): string {
  return field === 'jumpHost.knownHostKey' ? field : (field.split('.')[0] ?? field);
}

/** The differences between the wanted state and the state at the hub. A field that the wanted state lacks stays unchanged. */
export function differencesOf(wanted: State, now: State): Change[] {
  return Object.entries(wanted).flatMap(([field, value]) => leaves(field, now[field], value));
}

/** The differences between two whole values. */
export function differences(wanted: State, now: State): Change[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(now)])].flatMap((field) =>
    leaves(field, now[field], wanted[field]),
  );
}

function leaves(field: string, from: unknown, to: unknown): Change[] {
  if (from === to || isDeepStrictEqual(from, to)) return [];
  const isLeaf = [from, to].some((value) => !isObject(value) || value === SECRET);
  if (!isLeaf) {
    const [before, after] = [from as State, to as State];
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => leaves(`${field}.${name}`, before[name], after[name]));
  }
  return [{ field, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
}

/** An entry or a state without the fields that have their default values. */
export function withoutDefaults(kind: Kind, value: State): State {
  const schema = entries[kind.section].properties as Readonly<Record<string, { readonly default?: unknown }>>;
  return Object.fromEntries(
    Object.entries(value).filter(
      ([field, given]) => given !== undefined && !isDeepStrictEqual(schema[field]?.default, given),
    ),
  );
}

/** Whether the file has variables or headers of a server as plain texts. */
function hasPlainValues({ transport }: Entry['value']): boolean {
  if (!isObject(transport)) return false;
  const values = transport.env ?? transport.headers;
  return isObject(values) && Object.values(values).some((value) => typeof value === 'string');
}

interface Surroundings {
  readonly fleet: Fleet;
  readonly access: Access;
  readonly sites: ReadonlySet<string>;
  readonly prune: boolean;
}

/** The obstacles to a task, as sentences. */
function mistakesIn(kind: Kind, entry: Entry['value'], task: Task | undefined, around: Surroundings): string[] {
  const mistakes: string[] = [];
  const mistake = kind.mistakeIn?.(entry);
  if (mistake !== undefined) mistakes.push(mistake);
  if (!task) return mistakes;
  const { site, group } = entry;
  const { fleet, access, sites, prune } = around;
  if (typeof site === 'string' && !sites.has(site) && (!task.found || !kind.fixed?.includes('site')))
    mistakes.push(`site: the hub has no site '${site}': 'roundhouse token create --site ${site}' invites an agent`);
  const isDescribed = (name: string) =>
    fleet.get('groups')?.some((other) => keyOf(other.name) === keyOf(name)) ?? false;
  const goes = prune && fleet.has('groups');
  if (kind.section === 'servers' && typeof group === 'string' && !isDescribed(group) && (goes || !access.group(group)))
    mistakes.push(`group: there is no group '${group}'`);
  if (!task.found) return kind.isFixed ? [...mistakes, 'the hub does not have it'] : mistakes;
  if (task.found.kept !== undefined) mistakes.push(`cannot be changed: ${task.found.kept}`);
  for (const { field, from, to } of task.changes)
    if (kind.fixed?.includes(field))
      mistakes.push(
        `${field}: cannot be changed from ${shownValue(from)} to ${shownValue(to)}; delete the ${kind.noun} first`,
      );
  return mistakes;
}

async function neededBy(tasks: readonly Task[], references: References): Promise<Needed[]> {
  const needed = new Map<string, { reference: Reference; users: string[] }>();
  for (const { entry, sendsSecrets, kind, name } of tasks) {
    if (!sendsSecrets) continue;
    for (const reference of referencesIn(entry)) {
      const source = referenceText(reference);
      const known = needed.get(source) ?? { reference, users: [] };
      needed.set(source, known);
      const user = `${kind} '${name}'`;
      if (!known.users.includes(user)) known.users.push(user);
    }
  }
  return Promise.all(
    Array.from(needed, async ([source, { reference, users }]) => ({
      source,
      for: users,
      problem: (await references.problemOf(reference)) ?? null,
    })),
  );
}

/** A value for people. */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const isSecret = (member: unknown) => isDeepStrictEqual(member, SECRET);
  return isSecret(value) ? '(secret)' : JSON.stringify(value, (_, member) => (isSecret(member) ? '(secret)' : member));
}

/** A difference that `apply` does not mend, as lines for people. */
export function driftLines({ kind, name, changes }: Step): string[] {
  const fields = changes.map(
    ({ field, from, to }) => `    ${field}: ${shownValue(from)}, and the file has ${shownValue(to)}`,
  );
  return [`! ${kind} '${name}'`, ...fields];
}

/** A step as lines for people: the action, and the fields below it. */
export function linesOf({ action, kind, name, changes }: Step): string[] {
  const sign = { create: '+', change: '~', delete: '-' }[action];
  const fields = changes.map(({ field, from, to }) =>
    action === 'create' ? `    ${field}: ${shownValue(to)}` : `    ${field}: ${shownValue(from)} -> ${shownValue(to)}`,
  );
  return [`${sign} ${kind} '${name}'`, ...fields];
}

const intended = { create: 'to create', change: 'to change', delete: 'to delete' } as const;
const done = { create: 'created', change: 'changed', delete: 'deleted' } as const;

/** `2 to create, 1 to change, 0 to delete, 47 unchanged`, or the same in the past. */
export function summaryOf({ tasks, unchanged }: Pick<Plan, 'tasks' | 'unchanged'>, isDone = false): string {
  const words = isDone ? done : intended;
  const counts = (['create', 'change', 'delete'] as const).map(
    (action) => `${tasks.filter((task) => task.action === action).length} ${words[action]}`,
  );
  return [...counts, `${unchanged} unchanged`].join(', ');
}

/** The steps that only one of two plans has, as lines: `-` marks the steps of the first plan, `+` the steps of the second. */
export function planDifference(before: readonly Step[], now: readonly Step[]): string[] {
  const only = (these: readonly Step[], those: readonly Step[], sign: string) => {
    const named = new Map(those.map((step) => [placeOf(step), plain(step)]));
    return these
      .filter((step) => !isDeepStrictEqual(plain(step), named.get(placeOf(step))))
      .flatMap(linesOf)
      .map((line) => `${sign} ${line}`);
  };
  return [...only(before, now, 'before:'), ...only(now, before, 'now:   ')];
}

/** The kind and name of a step, which are unique in a plan. */
const placeOf = ({ kind, name }: Step) => `${kind} ${name}`;

/** A step in JSON. */
const plain = ({ action, kind, name, changes }: Step) => JSON.parse(JSON.stringify({ action, kind, name, changes }));
