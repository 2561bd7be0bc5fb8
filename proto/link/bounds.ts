/*
 * Texts of foreign programs, such as MCP servers, come to the hub through its agents. Agents keep to these bounds, and the hub checks them
 * again: an agent may be older, or not honest.
 */
import { jsonLineCost } from '../text/json-cost.js';

/** How much of a JSON text the hub reads: bytes, and values as `jsonCost` counts them. */
export interface JsonBound {
  readonly bytes: number;
  readonly values: number;
}

const KiB = 1024;

/** The details of a failure, such as a server's JSON-RPC error. */
export const failureBound: JsonBound = { bytes: 256 * KiB, values: 20_000 };
/** A server's answer to `initialize`. */
export const handshakeBound: JsonBound = { bytes: 512 * KiB, values: 10_000 };
/** One entry of a server's list, such as a tool, a resource or a prompt. The hub reads an entry in one piece: its secrets are looked for, too. */
export const entryBound: JsonBound = { bytes: 256 * KiB, values: 20_000 };
/** All definitions of a server's tools together. A report of them fits into a message to the hub. */
export const toolsBound: JsonBound & { readonly tools: number } = {
  bytes: 12 * KiB * KiB,
  values: 200_000,
  tools: 2_500,
};

/** A page of a server's list, which the hub cuts into its entries. */
export const pageBound: JsonBound = { bytes: 16 * KiB * KiB, values: 400_000 };

/** A list of a cluster's objects: a parser takes about 50 ms for it. */
export const listBound = { values: 500_000 };

/** The longest text of a report or of a failure, such as a reason, characters. */
export const longestText = 16_384;

/** Why a JSON text is not read, as the rest of a sentence that begins with `it`; `undefined` if it is JSON on one line within the bound. */
export function problemOf(json: Uint8Array, { bytes, values }: JsonBound): string | undefined {
  if (json.length > bytes) return `is longer than ${bytes / KiB} KiB`;
  const cost = jsonLineCost(json, values);
  if (cost === undefined) return 'is not JSON on one line, or nests deeper than 1,000 levels';
  return cost > values ? `has more than ${values} values` : undefined;
}
