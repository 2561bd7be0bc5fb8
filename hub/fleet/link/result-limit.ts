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

/** Whether the hub passes the answer on to a client unread. */
function isPassedOn(operation: Operation): boolean {
  if (operation.case === 'mcpRequest') return !operation.value.method.endsWith('/list');
  return operation.case === 'callTool';
}

/** The limit for an operation's answer. @param most bytes that any answer may have */
export function resultLimit(operation: Operation, most: number): ResultLimit {
  if (small.has(operation.case)) return { bytes: Math.min(most, 1024 * 1024), cost: 50_000 };
  // A parser takes about 50 ms for so much.
  return { bytes: most, cost: isPassedOn(operation) ? Number.POSITIVE_INFINITY : 500_000 };
}
