import { handshakeBound, listBound } from '@roundhouse/proto/bounds';
import { mostReadValues } from '@roundhouse/proto/json-cost';
import type { Operation } from '../../domain/agents/fleet.js';

/** How large an answer to an operation may be. */
export interface ResultLimit {
  readonly bytes: number;
  /** How much work a parser has with it, as `jsonCost` counts. */
  readonly cost: number;
}

/** The hub asks these by itself, some of them all the time, and reads the answers in its event loop: a few numbers and texts. */
const small: ReadonlySet<Operation['case']> = new Set([
  'measureUsage',
  'storageStats',
  'readPolicy',
  'checkDatabase',
  'checkCluster',
  'checkSource',
  'dockerInfo',
  'containerStats',
  'mcpNotify',
  'closePrivate',
  'answerAsk',
  'syncMcp',
]);

/** A namespace of a cluster may hold thousands of objects. */
const long: ReadonlySet<Operation['case']> = new Set(['listPods', 'listDeployments', 'listNamespaces']);

/** A page of a server's list: an agent refuses a longer one. */
const pageCost = 200_000;

/** How much work the hub may have with the answer. The hub passes the results of a server on unread: a door that reads them counts again. */
function costLimit(operation: Operation): number {
  if (operation.case === 'callTool') return Number.POSITIVE_INFINITY;
  if (operation.case === 'mcpRequest')
    return operation.value.method.endsWith('/list') ? pageCost : Number.POSITIVE_INFINITY;
  return long.has(operation.case) ? listBound.values : mostReadValues;
}

/** The limit for an operation's answer. @param most bytes that any answer may have */
export function resultLimit(operation: Operation, most: number): ResultLimit {
  if (small.has(operation.case)) return { bytes: Math.min(most, 1024 * 1024), cost: 50_000 };
  if (operation.case === 'openPrivate')
    return { bytes: Math.min(most, handshakeBound.bytes), cost: handshakeBound.values };
  return { bytes: most, cost: costLimit(operation) };
}
