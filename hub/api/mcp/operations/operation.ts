import type { Static, TObject } from 'typebox';
import type { Permission } from '../../../domain/access/permissions.js';
import type { Domain } from '../../../domain/domain.js';
import { validator } from '../../../http/validation.js';
import type { McpCall } from '../call.js';
import type { Params } from '../json-rpc.js';

/** A domain operation as a tool: what it is, and what it does. */
export interface OperationSpec<I extends TObject> {
  /** `roundhouse_…`. */
  readonly name: string;
  readonly title: string;
  /** For the model that is to choose it. */
  readonly description: string;
  /** What the caller's role must include for it to be there at all; absent: nothing but a good credential. */
  readonly permission?: Permission;
  /** `read`: changes nothing. `change`: may be undone, or done twice. `destructive`: may lose something. */
  readonly effect: 'read' | 'change' | 'destructive';
  readonly input: I;
  /** What it gives: plain JSON, an object. @throws DomainError, told to the model as the tool's own failure. */
  run(domain: Domain, input: Static<I>, call: McpCall): Promise<object> | object;
}

/** The same with its types erased: what the registry holds. */
export interface ToolOperation {
  readonly name: string;
  readonly permission: Permission | undefined;
  /** Its definition (JSON text). */
  readonly json: string;
  /** @throws DomainError `invalid_input` for other arguments than it takes. */
  run(domain: Domain, input: Params, call: McpCall): Promise<object> | object;
}

/** Declares a domain operation that is a tool at `/mcp`. */
export function operation<const I extends TObject>(spec: OperationSpec<I>): ToolOperation {
  const { name, title, description, permission, effect, input } = spec;
  const check = validator(input, 'body', 'arguments');
  const annotations = {
    title,
    readOnlyHint: effect === 'read',
    destructiveHint: effect === 'destructive',
    idempotentHint: effect === 'read',
    openWorldHint: false,
  };
  return {
    name,
    permission,
    json: JSON.stringify({ name, title, description, inputSchema: input, annotations }),
    run(domain, given, call) {
      const own = structuredClone(given);
      check.check(own, 0);
      return spec.run(domain, own as Static<I>, call);
    },
  };
}
