import type { Static, TObject } from 'typebox';
import type { RequestOrigin } from '../../../domain/access/caller.js';
import type { Permission } from '../../../domain/access/permissions.js';
import { durationOf } from '../../../domain/audit/audit.js';
import type { Domain } from '../../../domain/domain.js';
import { DomainError } from '../../../domain/errors.js';
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
  /** For the model that is to choose it. */
  readonly description: string;
  /** The permission that the caller's role must include, else the tool is absent; `undefined`: any good credential will do. */
  readonly permission?: Permission;
  /** `read`: changes nothing. `change`: may be undone, or done twice. `destructive`: may lose something. */
  readonly effect: 'read' | 'change' | 'destructive';
  /** Doing it twice comes to the same as doing it once. Reading always does. */
  readonly idempotent?: boolean;
  /** Its rate-limit class, counted for a user with all of its keys; absent: only the key's tier counts. */
  readonly limit?: OperationLimit;
  /** How a refused or failed change is audited. The domain writes the entry of a success. */
  readonly audit?: OperationAudit<Static<I>>;
  readonly input: I;
  /** Gives plain JSON, an object. @throws DomainError, told to the model as the tool's own failure. */
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

/** The same with its types erased, as the registry holds it. */
export interface ToolOperation {
  readonly name: string;
  readonly permission: Permission | undefined;
  readonly limit: OperationLimit | undefined;
  readonly audit: OperationAudit<Params> | undefined;
  /** Its definition (JSON text). */
  readonly json: string;
  /** To do it twice comes to the same as to do it once. */
  readonly idempotent: boolean;
  /** A client's arguments as the operation takes them, defaults filled in. @throws DomainError `invalid_input`. */
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
 * Who asks, as the domain is to see it once this door has found that a key's grants name the very tool: in the domain, grants that name
 * tools are about servers' tools, and cover nothing else.
 */
export function granted(origin: RequestOrigin): RequestOrigin {
  const { caller } = origin;
  if (!caller?.grants?.tools) return origin;
  const { tools: _, ...grants } = caller.grants;
  return { ...origin, caller: { ...caller, grants } };
}

/** The one of the hub's own tools that is about a part of the fleet, too. */
export const FIND_TOOLS = 'find_tools';

/** Whether a tool is there at all at the address of a call: those about the whole fleet are where they are asked for. */
export function isHere({ name }: ToolOperation, { view }: McpCall): boolean {
  if (view.serverId !== undefined) return false;
  return name === FIND_TOOLS || (!view.isPart && view.asksFor(name));
}

/** Whether the caller may use a tool there. */
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

/** Counts operations in the classes of the infrastructure API, together with its requests. The key's tier is counted at the door itself. */
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
    if (!caller) return;
    const state = { limit: 0, remaining: 0, resetAt: 0 };
    this.#limits.countCaller(state, this.#classes.get(name) ?? null, { ...caller, tier: null }, () => ip);
  }
}

/** How much of an unchecked name an audit entry keeps, characters. */
const MAX_NAME = 256;

/** A call that came to nothing. */
interface Failed {
  /** As the client gave them. */
  readonly args: Params;
  /** The same, if they fit the operation. */
  readonly input: Params | undefined;
  readonly error: string;
}

/** Runs operations as tools. */
export class OperationRunner {
  readonly #domain: Domain;
  readonly #limits: OperationLimits;

  constructor(domain: Domain, limits: OperationLimits) {
    this.#domain = domain;
    this.#limits = limits;
  }

  /** The result as JSON text. A refusal of the domain is the tool's failure: a model can read and mend it. */
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

  /** A client asked for a tool that its credential may not use. For this client the tool does not exist, and the audit log keeps the refusal. */
  refused(operation: ToolOperation, call: McpCall, args: Params): RpcError {
    const { name: tool, audit } = operation;
    if (audit) note(this.#domain, operation, call, { args, input: undefined, error: 'forbidden' });
    else this.#domain.invocations.refused(call.origin, { tool, arguments: args }, 'forbidden');
    return unknownToolError(tool);
  }
}

/**
 * Does an operation, and audits its failure.
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
    return await operation.run(domain, input, call);
  } catch (error) {
    note(domain, operation, call, { args, input, error: error instanceof DomainError ? error.code : 'internal' });
    throw error;
  }
}

function note(domain: Domain, { audit }: ToolOperation, { origin }: McpCall, { args, input, error }: Failed): void {
  if (!audit) return;
  const { action, subject } = audit;
  const [type = action] = action.split('.', 1);
  const name = subject === undefined ? undefined : args[subject];
  const resource = { type, id: typeof name === 'string' ? name.slice(0, MAX_NAME) : '' };
  const details = { ...(input && audit.details?.(domain, input)), error };
  domain.audit.record(origin, { action, resource, details, success: false, durationMs: durationOf(origin) });
}

function text(value: object) {
  return { type: 'text', text: JSON.stringify(value, undefined, 1) };
}
