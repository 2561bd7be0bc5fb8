import { jsonCost } from '@roundhouse/proto/json-cost';
import { invalidParams } from './json-rpc.js';

/**
 * The most in a part of a client's description of itself: characters of its JSON, and values in it. The hub keeps the description while the
 * client stays, and sends it to each private instance. A value in memory needs many times the characters of its JSON.
 */
const MOST_OF_DESCRIPTION = { characters: 4096, values: 200 };
/** The longest URI of a resource that a client may name, characters. */
const LONGEST_URI = 2048;

/** A part of a client's description of itself. @throws RpcError -32602 naming the part that is too long or has too many values */
export function boundedDescription<T>(field: string, part: T): T {
  const json = JSON.stringify(part);
  const { characters, values } = MOST_OF_DESCRIPTION;
  if (json.length > characters) throw invalidParams(field, `has ${json.length} characters; the limit is ${characters}`);
  if ((jsonCost(json, values) ?? Number.POSITIVE_INFINITY) > values)
    throw invalidParams(field, `has more than ${values} values`);
  return part;
}

/** The URI of a resource. @throws RpcError -32602 naming the field that is no string, or too long */
export function boundedUri(field: string, uri: unknown): string {
  if (typeof uri !== 'string') throw invalidParams(field, 'must be a string');
  if (uri.length > LONGEST_URI) throw invalidParams(field, `has ${uri.length} characters; the limit is ${LONGEST_URI}`);
  return uri;
}
