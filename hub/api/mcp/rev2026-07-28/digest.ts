import { createHash } from 'node:crypto';
import { isObject, type Params } from '../json-rpc.js';

/** The same for all requests that ask for the same, in whatever order their members come. */
export function digestOf(place: string, method: string, params: Params): string {
  const { _meta, inputResponses, requestState, ...asked } = params;
  const text = JSON.stringify([place, method, asked], (_, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
  return createHash('sha256').update(text).digest('base64url');
}
