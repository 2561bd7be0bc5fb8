import type { RequestOrigin, Role } from '../access/caller.js';
import type { Permission } from '../access/permissions.js';
import type { Cancellation } from '../cancellation.js';
import type { Problem } from '../errors.js';

/** The form of one argument of a step. */
export type ArgumentForm = 'any' | 'boolean' | 'list' | 'number' | 'object' | 'string' | 'strings';

/** A kind of step, without its work. */
export interface KindForm {
  /** The permission that the caller of the workflow must have when the step begins. */
  readonly permission: Permission;
  /** The least role that reads the results of others' steps of this kind, and the parameters of their runs. */
  readonly readers: Role;
  /** The arguments by name; `any`: the author names them; `operation`: `operation`, and the arguments of the operation that it names. */
  readonly arguments: Readonly<Record<string, ArgumentForm>> | 'any' | 'operation';
  readonly required?: readonly string[];
  /** The result is data of a server or program: its names stay unchanged in every API. */
  readonly foreign?: true;
  /** The step itself has no time limit and no retries: its work has its own. */
  readonly unlimited?: true;
  /** After a restart of the hub the work finds out its earlier outcome; the work of other kinds begins again. */
  readonly asksOutcome?: true;
}

/** The kinds whose steps do an operation on a part of the fleet. */
export const operationKinds = ['device', 'docker', 'kubernetes', 'server'] as const;
export type OperationKind = (typeof operationKinds)[number];

/** An operation on a part of the fleet. The domain's own function does the work, as it does for the APIs. */
export interface StepOperation {
  /** The permission that the caller of the workflow must have when the step begins; callers with it read its results. */
  readonly permission: Permission;
  /** Doing it twice has the same effect as doing it once. */
  readonly repeatable: boolean;
  /** JSON Schema of its arguments. */
  readonly input: { readonly properties: Readonly<Record<string, unknown>>; readonly required?: readonly string[] };
  /** The mistakes in its arguments. */
  problems(args: Readonly<Record<string, unknown>>): readonly Problem[];
  /** Counts the operation in the limits of the APIs. @throws DomainError `rate_limited`, with `retryAfter` */
  admit?(origin: RequestOrigin): void;
  /** @returns plain JSON @throws DomainError */
  run(args: Readonly<Record<string, unknown>>, origin: RequestOrigin, signal: Cancellation): Promise<object>;
}

/** The operations of each kind, by name. */
export type StepOperations = Readonly<Record<OperationKind, ReadonlyMap<string, StepOperation>>>;

/** The operations of a hub without operations. */
export const noOperations: StepOperations = {
  device: new Map(),
  docker: new Map(),
  kubernetes: new Map(),
  server: new Map(),
};

/** The operation of a step; `undefined` if its kind has no operation of that name. */
export function operationOf(
  operations: StepOperations | undefined,
  { kind, with: given = {} }: { readonly kind: string; readonly with?: Readonly<Record<string, unknown>> },
): StepOperation | undefined {
  const known = operationKinds.find((one) => one === kind);
  return known && operations?.[known].get(String(given.operation));
}

/** The permission that the caller of a workflow must have when a step begins; `undefined` for an unknown kind. */
export function permissionOf(
  operations: StepOperations | undefined,
  step: Parameters<typeof operationOf>[1],
): Permission | undefined {
  if (step.kind === SQL && (step.with?.change ?? false) !== false) return 'database.change';
  return operationOf(operations, step)?.permission ?? kindForm(step.kind)?.permission;
}

export const TOOL_CALL = 'tool_call';
export const HTTP = 'http';
export const SQL = 'sql';
export const SET = 'set';
export const WAIT = 'wait';
export const NESTED = 'workflow';
export const APPROVAL = 'approval';

/** The longest run, hours; and so the longest wait, seconds. */
export const MAX_RUN_HOURS = 6;
export const MAX_WAIT_S = MAX_RUN_HOURS * 3600;

const operate = {
  permission: 'server.operate',
  readers: 'viewer',
  arguments: { servers: 'strings', timeout: 'number', force: 'boolean', graceful: 'boolean' },
} as const;

/** The roles of people who approve. */
export const approverRoles = ['operator', 'admin'] as const satisfies readonly Role[];

const operation = {
  permission: 'workflow.execute',
  // If the operation is known, callers with its permission read the result.
  readers: 'admin',
  arguments: 'operation',
  required: ['operation'],
  foreign: true,
  asksOutcome: true,
} as const;

/** All kinds of steps, by name. Validation, the published schema and the rules for readers use them. */
export const kindForms = {
  [APPROVAL]: {
    permission: 'workflow.execute',
    readers: 'operator',
    arguments: { question: 'string', role: 'string', form: 'object', by_another: 'boolean' },
    required: ['question'],
    foreign: true,
  },
  backup_configs: {
    permission: 'device.operate',
    readers: 'viewer',
    arguments: { devices: 'strings', description: 'string' },
  },
  cleanup: {
    permission: 'cleanup.run',
    readers: 'viewer',
    arguments: { targets: 'strings', retention_days: 'number', dry_run: 'boolean', force: 'boolean' },
  },
  device: operation,
  docker: operation,
  health_sweep: {
    permission: 'server.operate',
    readers: 'viewer',
    arguments: { servers: 'strings', restart: 'boolean' },
  },
  [HTTP]: {
    asksOutcome: true,
    permission: 'webhook.manage',
    readers: 'operator',
    arguments: { url: 'string', method: 'string', headers: 'object', body: 'any', timeout: 'number' },
    required: ['url'],
    foreign: true,
  },
  kubernetes: operation,
  server: operation,
  server_start: operate,
  server_stop: operate,
  server_restart: operate,
  [SET]: { permission: 'workflow.execute', readers: 'viewer', arguments: 'any', foreign: true },
  [SQL]: {
    asksOutcome: true,
    permission: 'database.query',
    readers: 'operator',
    arguments: {
      database: 'string',
      statement: 'string',
      values: 'list',
      change: 'boolean',
      max_rows: 'number',
      max_bytes: 'number',
      timeout: 'number',
    },
    required: ['database', 'statement'],
    foreign: true,
  },
  test_run: {
    permission: 'test.run',
    readers: 'viewer',
    arguments: { test_type: 'string', servers: 'strings', timeout: 'number', parallel: 'boolean' },
  },
  // Operators read the arguments and answers of tools in the history of tool calls, too.
  [TOOL_CALL]: {
    permission: 'tool.invoke',
    readers: 'operator',
    arguments: { tool: 'string', server: 'string', arguments: 'object', timeout: 'number' },
    required: ['tool'],
    asksOutcome: true,
  },
  update: {
    permission: 'server.update',
    readers: 'viewer',
    arguments: {
      servers: 'strings',
      version: 'string',
      rollback_on_failure: 'boolean',
      dry_run: 'boolean',
      backup: 'boolean',
      force: 'boolean',
      breaking: 'boolean',
    },
  },
  update_check: { permission: 'server.update', readers: 'viewer', arguments: { servers: 'strings' } },
  [WAIT]: {
    permission: 'workflow.execute',
    readers: 'viewer',
    arguments: { seconds: 'number' },
    required: ['seconds'],
    unlimited: true,
  },
  // The steps of the other workflow may give values that only admins read.
  [NESTED]: {
    permission: 'workflow.execute',
    readers: 'admin',
    arguments: { workflow: 'string', parameters: 'object' },
    required: ['workflow'],
    foreign: true,
    unlimited: true,
  },
} as const satisfies Readonly<Record<string, KindForm>>;
export type KindName = keyof typeof kindForms;

/** The form of a kind; `undefined` if no kind has the name. */
export function kindForm(name: string): KindForm | undefined {
  return Object.hasOwn(kindForms, name) ? kindForms[name as KindName] : undefined;
}

/** Why a run skips a step. */
export const notAsked = (parameter: string) => `not asked for: parameter '${parameter}' is false`;
export const noWork = (kind: string) => `this hub has no steps of kind '${kind}' yet: nothing was done`;
