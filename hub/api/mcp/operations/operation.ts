import type { Static, TObject } from 'typebox';
import type { RequestOrigin } from '../../../domain/access/caller.js';
import type { Permission } from '../../../domain/access/permissions.js';
import { durationOf } from '../../../domain/audit/audit.js';
import type { Domain } from '../../../domain/domain.js';
import { DomainError, failureDetails } from '../../../domain/errors.js';
import type { CompiledClass, Limits } from '../../../http/access/limits.js';
import type { LimitClass } from '../../../http/api.js';
import { validator } from '../../../http/request/validation.js';
import type { McpCall } from '../call.js';
import { isObject, type Params, type RpcError, unknownToolError } from '../json-rpc.js';

/** A domain operation as a tool: its description, and its function. */
export interface OperationSpec<I extends TObject> {
  /** `roundhouse_…`. */
  readonly name: string;
  readonly title: string;
  /** The text by which a model chooses the tool. */
  readonly description: string;
  /** The permission that the caller's role must include; without it the caller does not see the tool. `undefined`: any valid credential will do. */
  readonly permission?: Permission;
  /** `read`: changes nothing. `change`: may be undone, or done twice. `destructive`: may lose something. */
  readonly effect: 'read' | 'change' | 'destructive';
  /** Doing it twice has the same effect as doing it once. This always holds for `read`. */
  readonly idempotent?: boolean;
  /** Its rate-limit class, counted for a user with all of its keys; absent: only the key's tier counts. */
  readonly limit?: OperationLimit;
  /** How a refused or failed change is audited. The domain writes the entry of a success. */
  readonly audit?: OperationAudit<Static<I>>;
  readonly input: I;
  /** Returns a plain JSON object. @throws DomainError, which the model gets as the tool's own failure */
  run(domain: Domain, input: Static<I>, call: McpCall): Promise<object> | object;
}

/** How a refusal or a failure of an operation is audited. */
export interface OperationAudit<T> {
  /** Such as `device.config.update`; its first word is the resource's kind. */
  readonly action: string;
  /** The argument that names the resource. */
  readonly subject?: keyof T & string;
  /** Further details of the entry, without secrets. Not called for invalid arguments. */
  details?(domain: Domain, input: T): Readonly<Record<string, unknown>>;
}

/** An operation without its static types, for tables. */
export interface ToolOperation {
  readonly name: string;
  readonly permission: Permission | undefined;
  readonly limit: OperationLimit | undefined;
  readonly audit: OperationAudit<Params> | undefined;
  /** Its definition (JSON text). */
  readonly json: string;
  /** It changes nothing. */
  readonly reads: boolean;
  /** Doing it twice has the same effect as doing it once. */
  readonly idempotent: boolean;
  /** Checks a client's arguments, and fills in defaults. @throws DomainError `invalid_input`. */
  check(given: Params): Params;
  /** @param input as {@link ToolOperation.check} gave it. @throws DomainError */
  run(domain: Domain, input: Params, call: McpCall): Promise<object> | object;
}

/** Declares a domain operation that is a tool at `/mcp`. */
export function operation<const I extends TObject>(spec: OperationSpec<I>): ToolOperation {
  const { name, title, description, permission, effect, idempotent = effect === 'read', limit, input } = spec;
  const check = validator(input, 'body', 'arguments');
  const annotations = {
    title,
    readOnlyHint: effect === 'read',
    destructiveHint: effect === 'destructive',
    idempotentHint: idempotent,
    openWorldHint: false,
  };
  return {
    name,
    permission,
    limit,
    audit: spec.audit as OperationAudit<Params> | undefined,
    reads: effect === 'read',
    idempotent,
    json: JSON.stringify({ name, title, description, inputSchema: asGiven(input), annotations }),
    check(given) {
      const own = structuredClone(given);
      check.check(own);
      return own;
    },
    run: (domain, checked, call) => spec.run(domain, checked as Static<I>, call),
  };
}

/** A schema as clients read it: fields with a default are optional. */
function asGiven(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asGiven);
  if (!isObject(schema)) return schema;
  const { required, ...rest } = schema;
  const copy = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, asGiven(value)]));
  const { properties } = schema;
  if (!Array.isArray(required) || !isObject(properties)) return required === undefined ? copy : { ...copy, required };
  const needed = required.filter((name) => {
    const property = properties[String(name)];
    return !(isObject(property) && 'default' in property);
  });
  return needed.length === 0 ? copy : { ...copy, required: needed };
}

/**
 * The origin of a call of a hub's tool, for the domain, once the grants of the caller's key are known to name the tool. In the domain, grants for
 * tools are about servers' tools only, so they are left out here.
 */
export function granted(origin: RequestOrigin): RequestOrigin {
  const { caller } = origin;
  if (!caller?.grants?.tools) return origin;
  const { tools: _, ...grants } = caller.grants;
  return { ...origin, caller: { ...caller, grants, ofTools: true } };
}

/** The only tool of the hub that works for a part of the fleet, too. */
export const FIND_TOOLS = 'find_tools';

/** Whether the address of a call offers a tool. Tools about the whole fleet are offered only if the address asks for them. */
export function isHere({ name }: ToolOperation, { view }: McpCall): boolean {
  if (view.serverId !== undefined) return false;
  return name === FIND_TOOLS || (!view.isPart && view.asksFor(name));
}

/** Whether the address offers a tool, and the caller may use it. */
export function isOpen(operation: ToolOperation, call: McpCall): boolean {
  const { name, permission } = operation;
  const { view } = call;
  return isHere(operation, call) && (permission === undefined || view.allows(permission)) && view.mayUse(name);
}

/** The classes of operations that the infrastructure API limits, too (`seeds/001`, "Rate Limiting"), with its figures. */
export const operationLimits = {
  kubernetes: { requests: 50, windowSeconds: 60, per: 'user' },
  network: { requests: 30, windowSeconds: 60, per: 'user' },
} as const satisfies Record<string, LimitClass>;
type OperationLimit = keyof typeof operationLimits;

/** Counts operations in the classes of the infrastructure API, together with its requests. The HTTP layer counts in the other limits of the caller. */
export class OperationLimits {
  readonly #limits: Limits;
  readonly #classes: ReadonlyMap<string, CompiledClass | null>;

  constructor(limits: Limits) {
    const api = { name: 'infrastructure', limits: operationLimits } as const;
    this.#limits = limits;
    this.#classes = new Map(Object.keys(operationLimits).map((name) => [name, limits.classOf(api, name)]));
  }

  /** @throws DomainError `rate_limited`. */
  count(name: OperationLimit, { caller, ip }: RequestOrigin): void {
    const limited = this.#classes.get(name);
    if (!caller || !limited) return;
    const state = { limit: 0, remaining: 0, resetAt: 0 };
    this.#limits.countInClass(state, limited, caller, () => ip);
  }
}

/** A call that failed. */
interface Failed {
  /** The client's arguments. */
  readonly args: Params;
  /** The checked arguments; `undefined` if they are not valid for the operation. */
  readonly input: Params | undefined;
  readonly failure: ReturnType<typeof failureDetails>;
}

/** Runs operations as tools. */
export class OperationRunner {
  readonly #domain: Domain;
  readonly #limits: OperationLimits;

  constructor(domain: Domain, limits: OperationLimits) {
    this.#domain = domain;
    this.#limits = limits;
  }

  /** The result as JSON text. A refusal of the domain is a failure of the tool, which the model can read and correct. */
  async run(operation: ToolOperation, call: McpCall, args: Params): Promise<string> {
    try {
      const result = await perform(this.#domain, operation, call, args, this.#limits);
      return JSON.stringify({ content: [text(result)], structuredContent: result, isError: false });
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === 'internal') throw error;
      const { code, message, details } = error;
      return JSON.stringify({ content: [text({ error: message, code, details })], isError: true });
    }
  }

  /**
   * The error for a client that calls a tool that its credential may not use: for this client the tool does not exist. The audit log keeps the
   * refusal.
   */
  refused(operation: ToolOperation, call: McpCall, args: Params): RpcError {
    const { name: tool, audit } = operation;
    if (audit) note(this.#domain, operation, call, { args, input: undefined, failure: { error: 'forbidden' } });
    else this.#domain.invocations.refused(call.origin, { tool, arguments: args }, 'forbidden');
    return unknownToolError(tool);
  }
}

/**
 * Runs an operation, and audits its failure.
 * @param limits counts the operation in its class of the infrastructure API
 * @throws DomainError
 */
export async function perform(
  domain: Domain,
  operation: ToolOperation,
  call: McpCall,
  args: Params,
  limits?: OperationLimits,
): Promise<object> {
  let input: Params | undefined;
  try {
    if (operation.limit) limits?.count(operation.limit, call.origin);
    input = operation.check(args);
    const result = await operation.run(domain, input, call);
    const { caller } = call.origin;
    // The rights of a run's caller are asked for by the run itself.
    if (operation.reads && caller && domain.identity.knows(caller)) domain.identity.checkReader(caller);
    return result;
  } catch (error) {
    note(domain, operation, call, { args, input, failure: failureDetails(error) });
    throw error;
  }
}

function note(domain: Domain, { audit }: ToolOperation, { origin }: McpCall, { args, input, failure }: Failed): void {
  if (!audit) return;
  const { action, subject } = audit;
  const [type = action] = action.split('.', 1);
  const name = subject === undefined ? undefined : args[subject];
  const resource = { type, id: typeof name === 'string' ? name : '' };
  const details = { ...(input && audit.details?.(domain, input)), ...failure };
  domain.audit.record(origin, { action, resource, details, success: false, durationMs: durationOf(origin) });
}

function text(value: object) {
  return { type: 'text', text: JSON.stringify(value, undefined, 1) };
}
