import { AgentFailure } from '../../failure.js';
import { bytesOf, type ReadResult } from './pending.js';

/** A larger result is not looked into, bytes. */
const parsedBytes = 1024 * 1024;

/** Checks results that are passed on as they are: JSON objects up to a size. What it makes throws AgentFailure `upstream`. */
export function rawResultReader(maxBytes: number): ReadResult<Uint8Array> {
  return (result, text) => {
    if (typeof result !== 'object' || result === null || Array.isArray(result)) throw invalid('it is not an object');
    const json = bytesOf(text);
    if (json.length > maxBytes) throw invalid(`it has ${json.length} bytes; the limit is ${maxBytes}`);
    return json;
  };
}

/** The parsed result, for tests of a server: they look inside. What it makes throws AgentFailure `upstream`. */
export function readParsed(result: unknown, text: string | Uint8Array): unknown {
  if (typeof text === 'string') return result;
  if (text.length > parsedBytes) throw invalid(`it has ${text.length} bytes; a test reads ${parsedBytes} at most`);
  return JSON.parse(Buffer.from(text).toString());
}

function invalid(reason: string): AgentFailure {
  return new AgentFailure('upstream', `the server sent an invalid result: ${reason}`, { reason });
}
