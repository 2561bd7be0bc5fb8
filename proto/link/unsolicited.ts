/*
 * An agent sends frames that the hub did not ask for, such as reports. The hub cuts off an agent that sends too much of them, so an honest agent
 * counts as the hub does.
 */
import { jsonCost, jsonLineCost } from '../text/json-cost.js';
import { toolsBound } from './bounds.js';

/** How much the hub accepts from an agent per second, as weight in bytes. */
export const unsolicitedBytesPerSecond = 64 * 1024 * 1024;
/** For how many seconds the hub accepts that amount at once. */
export const unsolicitedSeconds = 4;

/**
 * The share of an agent's reports of tools, of its notes of progress, and of its servers' messages: a quarter of the hub's limit each, so
 * that all together stay below it. Bytes per second.
 */
export const shareBytesPerSecond = unsolicitedBytesPerSecond / 4;
/** For how many seconds a share may be used at once. */
export const shareSeconds = 2;

/** The longest params of a question of a server, bytes: a picture in it has a few mebibytes. */
export const mostParams = 4 * 1024 * 1024;
/** The longest params of a notification, a note of progress or a log message, bytes. The hub looks for secrets in it in one piece. */
export const mostNote = 256 * 1024;

/** The requests of a server that a client may get, each with the capability that the client must have offered. */
export const capabilityOf: ReadonlyMap<string, string> = new Map([
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
]);

/** The longest id and the longest method of such a message, characters. */
const longestName = 256;

/** Whether the ids and the method of a notification or a question are short enough to be kept until it is answered. */
export function hasShortNames(message: {
  readonly serverId: string;
  readonly instanceId: string;
  readonly askId?: string;
  readonly method: string;
}): boolean {
  const { serverId, instanceId, askId = '', method } = message;
  return [serverId, instanceId, askId, method].every(({ length }) => length <= longestName);
}

/** The cost of decoding a field for the hub, in bytes. */
const fieldWeight = 256;
/** The cost of a value of a message for the hub, in bytes: it looks for secrets in each value by itself. The first values cost nothing. */
const noteValueWeight = 4096;
const freeValues = 64;
/** The shortest JSON with more values than that, bytes. */
const leastCounted = 2 * freeValues;

/** The cost of the values of a notification, a note of progress or a log message, in bytes. Bytes that are no JSON have no values. */
export function valuesWeight(params: Uint8Array): number {
  if (params.length < leastCounted || params.length > mostNote) return 0;
  // A byte for a character: in JSON, characters beyond ASCII stand in strings alone.
  const values = jsonCost(Buffer.from(params.buffer, params.byteOffset, params.byteLength).toString('latin1')) ?? 0;
  return noteValueWeight * Math.max(0, values - freeValues);
}

/** The weight of a message of a server, whose frame has a handful of fields. */
export const messageWeight = (params: Uint8Array): number => params.length + 8 * fieldWeight + valuesWeight(params);

/** The cost of a new tool for the hub, in bytes: it reads the definition, and updates all lists of tools. */
const toolWeight = 4096;
/** The cost of reading a value of a definition for the hub, in bytes. */
const valueWeight = 64;

/** Of how many bytes of definitions the values are counted: the count takes up to 10 ms for each MiB. */
const countedBytes = 4 * 1024 * 1024;

/** The weight of a frame, as bytes. `fields`: the fields of the frame and of the messages inside it; `tools`: the tools of its list. */
export function weightOf(
  bytes: number,
  fields: number,
  tools: readonly { readonly definition: Uint8Array }[] = [],
): number {
  const { values: most } = toolsBound;
  let values = 0;
  let left = countedBytes;
  for (const { definition } of tools.slice(0, toolsBound.tools)) {
    left -= definition.length;
    // The hub reads no further.
    if (values >= most || left < 0) break;
    values += jsonLineCost(definition, most - values) ?? 0;
  }
  return bytes + fieldWeight * fields + toolWeight * tools.length + valueWeight * values;
}
