import { AgentFailure } from '../../failure.js';

/**
 * Bytes that must be a JSON object on one line, as text; `{}` for none. They become part of a message, so they are read in
 * full: text that is no object by itself could add members to the message, or add a message of its own.
 * @param reserved names of members that the object must not have.
 * @throws AgentFailure `invalid_argument`.
 */
export function objectText(bytes: Uint8Array, field: string, reserved: readonly string[] = []): string {
  if (bytes.length === 0) return '{}';
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const object = text.startsWith('{') && text.endsWith('}') && !/[\r\n]/.test(text) ? parsed(text) : undefined;
  if (object === undefined)
    throw new AgentFailure('invalid_argument', `${field} is not a JSON object on one line`, { field });
  const taken = reserved.find((name) => Object.hasOwn(object, name));
  if (taken === undefined) return text;
  throw new AgentFailure('invalid_argument', `${field} must not have the member '${taken}'`, { field });
}

/** The parameters of `tools/call`. @throws AgentFailure `invalid_argument` for arguments that are no JSON object on one line. */
export function callParams(tool: string, args: Uint8Array): string {
  return `{"name":${JSON.stringify(tool)},"arguments":${objectText(args, 'arguments')}}`;
}

function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
