import { AgentFailure } from '../../failure.js';
import { withMembers } from './json.js';
import type { ReadResult } from './pending.js';
import type { CalledTool } from './servers.js';

/**
 * Checks results of `tools/call` and completes their text: `content` and `isError` are always there. What it makes
 * throws AgentFailure `upstream`; its arguments are the parsed result, for checking only, and the same as the server sent it.
 * @param maxBytes a larger result is refused.
 */
export function toolResultReader(maxBytes: number): ReadResult<CalledTool> {
  return (result, text) => {
    const called = readToolResult(result, text);
    const bytes = called.json.length;
    if (bytes > maxBytes) throw invalidResult(`it has ${bytes} bytes; the limit is ${maxBytes}`);
    return called;
  };
}

function readToolResult(result: unknown, text: string): CalledTool {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    throw invalidResult('the result is not an object');
  }
  const { content, isError } = result as { content?: unknown; isError?: unknown };
  if (content !== undefined && !Array.isArray(content)) throw invalidResult('`content` is not an array');
  if (isError !== undefined && typeof isError !== 'boolean') throw invalidResult('`isError` is not a boolean');
  let json = text;
  if (content === undefined) json = withMembers(json, '"content":[]');
  if (isError === undefined) json = withMembers(json, '"isError":false');
  return { json: Buffer.from(json), isError: isError === true };
}

function invalidResult(reason: string): AgentFailure {
  return new AgentFailure('upstream', `the server sent an invalid tool result: ${reason}`, { reason });
}
