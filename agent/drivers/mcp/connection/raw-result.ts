import { AgentFailure } from '../../../failure.js';
import type { ReadResult } from '../session/pending.js';

/** Checks results that are passed on as they are: JSON objects up to a size. What it makes throws AgentFailure `upstream`. */
export function rawResultReader(maxBytes: number): ReadResult<Uint8Array> {
  return (result, text) => {
    if (typeof result !== 'object' || result === null || Array.isArray(result)) throw invalid('it is not an object');
    const json = Buffer.from(text);
    if (json.length > maxBytes) throw invalid(`it has ${json.length} bytes; the limit is ${maxBytes}`);
    return json;
  };
}

function invalid(reason: string): AgentFailure {
  return new AgentFailure('upstream', `the server sent an invalid result: ${reason}`, { reason });
}
