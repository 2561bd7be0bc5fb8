import type { Domain } from '../../../domain/domain.js';
import { DomainError } from '../../../domain/errors.js';
import type { McpCall } from '../call.js';
import type { Params } from '../json-rpc.js';
import type { ToolOperation } from './operation.js';

/** Runs an operation as a tool: the result as JSON text. What the domain refuses is the tool's failure, which a model can read and mend. */
export async function runOperation(
  operation: ToolOperation,
  domain: Domain,
  call: McpCall,
  args: Params,
): Promise<string> {
  try {
    const result = await operation.run(domain, args, call);
    return JSON.stringify({ content: [text(result)], structuredContent: result, isError: false });
  } catch (error) {
    if (!(error instanceof DomainError) || error.code === 'internal') throw error;
    const { code, message, details } = error;
    return JSON.stringify({ content: [text({ error: message, code, details })], isError: true });
  }
}

function text(value: object) {
  return { type: 'text', text: JSON.stringify(value, undefined, 1) };
}
