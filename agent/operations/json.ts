import type { Answer } from './operation.js';

/** An answer that is a JSON value. */
export function json(value: unknown): Answer {
  return { case: 'json', value: Buffer.from(JSON.stringify(value)) };
}
