import { durationOf } from '../../../domain/audit/audit.js';
import type { Domain } from '../../../domain/domain.js';
import { DomainError } from '../../../domain/errors.js';
import type { McpCall } from '../call.js';
import type { Params } from '../json-rpc.js';
import { type RpcError, unknownToolError } from '../rpc-error.js';
import type { OperationLimits, ToolOperation } from './operation.js';

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
