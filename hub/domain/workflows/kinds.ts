import type { Role } from '../access/caller.js';
import type { Permission } from '../access/permissions.js';

/** The form of one argument of a step. */
export type ArgumentForm = 'boolean' | 'number' | 'object' | 'string' | 'strings';

/** A kind of step, without its work. */
export interface KindForm {
  /** The permission that the caller of the workflow must have when the step begins. */
  readonly permission: Permission;
  /** The least role that reads the results of others' steps of this kind, and the parameters of their runs. */
  readonly readers: Role;
  /** The arguments by name; `any`: the author names them. */
  readonly arguments: Readonly<Record<string, ArgumentForm>> | 'any';
  readonly required?: readonly string[];
  /** The result is data of others: its names stay as they are in every API. */
  readonly foreign?: true;
  /** The step has no time limit of its own, and does not begin again after a failure: its work has. */
  readonly unlimited?: true;
  /** After a stop of the hub its work asks the agent for the outcome of its command. */
  readonly asksOutcome?: true;
}

export const TOOL_CALL = 'tool_call';
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

/** All kinds of steps, by name. Validation, the published schema and the rules of reading come from here. */
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
  health_sweep: {
    permission: 'server.operate',
    readers: 'viewer',
    arguments: { servers: 'strings', restart: 'boolean' },
  },
  server_start: operate,
  server_stop: operate,
  server_restart: operate,
  [SET]: { permission: 'workflow.execute', readers: 'viewer', arguments: 'any', foreign: true },
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
    arguments: { servers: 'strings', breaking: 'boolean', backup: 'boolean' },
  },
  update_check: { permission: 'server.update', readers: 'viewer', arguments: { servers: 'strings' } },
  [WAIT]: {
    permission: 'workflow.execute',
    readers: 'viewer',
    arguments: { seconds: 'number' },
    required: ['seconds'],
    unlimited: true,
  },
  // The steps of the other workflow may give what only admins read.
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
