import { jsonLineCost } from '@roundhouse/proto/json-cost';
import { largeJsonLineCost } from '@roundhouse/proto/work';

/** Longer texts are checked in a worker thread, bytes: the event loop takes about a millisecond for so many. */
const longestHere = 256 * 1024;

/**
 * How much work a parser has with an agent's JSON answer; `undefined` if it is no JSON text on one line. The hub puts such texts into its
 * own messages without reading them, so text that is no value by itself could add members to a message, or a message of its own.
 */
export function answerCost(json: Uint8Array): number | undefined | Promise<number | undefined> {
  // A text that takes too long to check counts as unreadable.
  return json.length > longestHere ? largeJsonLineCost(json).catch(() => undefined) : jsonLineCost(json);
}
