import { withMembers } from '@roundhouse/proto/json';
import { jsonCost } from '@roundhouse/proto/json-cost';
import { AgentFailure } from '../../../failure.js';
import { hiddenJson, type Secrets } from '../../net/secrets.js';
import type { CalledTool } from '../call.js';
import { bytesOf, type ReadResult } from '../session/pending.js';

/** The largest result of a failed tool: the event loop waits while it is searched for secrets. */
const failureBytes = 1024 * 1024;

/**
 * Checks results of `tools/call` and completes their text, so that it always has `content` and `isError`. The reader
 * throws AgentFailure `upstream`. Its arguments are the parsed result, for checking only, and the server's own text.
 * @param maxBytes a larger result is refused, and so is a result of a failure of more than 1 MiB.
 * @param hide removes secrets from the result of a failure
 */
export function toolResultReader(maxBytes: number, hide: Secrets['hide']): ReadResult<CalledTool> {
  return (result, text) => {
    const called = readToolResult(result, text);
    checkSize(called.json, called.isError ? Math.min(maxBytes, failureBytes) : maxBytes);
    return called.isError ? { ...called, json: hiddenBytes(called.json, hide) } : called;
  };
}

/**
 * The same for callers that accept a question as an answer (2026-07-28). A question stays as the server sent it, and so does every other
 * result that is not complete.
 */
export function answerReader(maxBytes: number, hide: Secrets['hide']): ReadResult<CalledTool> {
  const complete = toolResultReader(maxBytes, hide);
  return (result, text) => {
    const {
      resultType = 'complete',
      inputRequests,
      requestState,
    } = (result ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof resultType !== 'string') throw invalidResult('`resultType` is not a string');
    if (resultType === 'complete') return complete(result, text);
    if (resultType === 'input_required') checkQuestion(inputRequests, requestState);
    return { json: sized(text, maxBytes), isError: false, isQuestion: true };
  };
}

/** @throws AgentFailure `upstream` for a malformed question. */
function checkQuestion(inputRequests: unknown, requestState: unknown): void {
  const isObject = typeof inputRequests === 'object' && inputRequests !== null && !Array.isArray(inputRequests);
  if (inputRequests !== undefined && !isObject) throw invalidResult('`inputRequests` is not an object');
  if (requestState !== undefined && typeof requestState !== 'string')
    throw invalidResult('`requestState` is not a string');
  if (inputRequests === undefined && requestState === undefined)
    throw invalidResult('it asks for input, but has neither `inputRequests` nor `requestState`');
}

function readToolResult(result: unknown, text: string | Uint8Array): CalledTool {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    throw invalidResult('the result is not an object');
  }
  const { content, isError } = result as { content?: unknown; isError?: unknown };
  if (content !== undefined && !Array.isArray(content)) throw invalidResult('`content` is not an array');
  if (isError !== undefined && typeof isError !== 'boolean') throw invalidResult('`isError` is not a boolean');
  const missingContent = content === undefined ? '"content":[]' : '';
  const missingError = isError === undefined ? '"isError":false' : '';
  const comma = missingContent !== '' && missingError !== '' ? ',' : '';
  return { json: withMembersIn(text, missingContent + comma + missingError), isError: isError === true };
}

function hiddenBytes(json: Uint8Array, hide: Secrets['hide']): Uint8Array {
  const text = Buffer.from(json).toString();
  const shown = hiddenJson(hide, text);
  if (shown === text) return json;
  const isResult = shown.startsWith('{');
  return Buffer.from(isResult ? shown : `{"content":[{"type":"text","text":${shown}}],"isError":true}`);
}

/** A large result has members, so the new ones follow a comma. */
function withMembersIn(text: string | Uint8Array, added: string): Uint8Array {
  if (added === '') return bytesOf(text);
  if (typeof text === 'string') return Buffer.from(withMembers(text, added));
  return Buffer.concat([text.subarray(0, -1), Buffer.from(`,${added}}`)]);
}

function sized(text: string | Uint8Array, maxBytes: number): Uint8Array {
  const json = bytesOf(text);
  checkSize(json, maxBytes);
  return json;
}

function checkSize({ length }: Uint8Array, maxBytes: number): void {
  if (length > maxBytes) throw invalidResult(`it has ${length} bytes; the limit is ${maxBytes}`);
}

function invalidResult(reason: string): AgentFailure {
  return new AgentFailure('upstream', `the server sent an invalid tool result: ${reason}`, { reason });
}

/** The largest result that a test of a server reads, in bytes and in values: the event loop waits while it is parsed. */
const parsedBytes = 16 * 1024 * 1024;
const parsedValues = 100_000;

/** Checks results that are passed on as they are: JSON objects up to a size. The check throws AgentFailure `upstream`. */
export function rawResultReader(maxBytes: number): ReadResult<Uint8Array> {
  return (result, text) => {
    if (typeof result !== 'object' || result === null || Array.isArray(result)) throw invalid('it is not an object');
    const json = bytesOf(text);
    if (json.length > maxBytes) throw invalid(`it has ${json.length} bytes; the limit is ${maxBytes}`);
    return json;
  };
}

/** The parsed result, for tests of a server. The check throws AgentFailure `upstream`. */
export function readParsed(result: unknown, text: string | Uint8Array): unknown {
  if (typeof text === 'string') return result;
  if (text.length > parsedBytes) throw invalid(`it has ${text.length} bytes; a test reads ${parsedBytes} at most`);
  const json = Buffer.from(text).toString();
  if ((jsonCost(json, parsedValues) ?? 0) > parsedValues)
    throw invalid(`it has more than ${parsedValues} values, and a test reads no more`);
  return JSON.parse(json);
}

function invalid(reason: string): AgentFailure {
  return new AgentFailure('upstream', `the server sent an invalid result: ${reason}`, { reason });
}
