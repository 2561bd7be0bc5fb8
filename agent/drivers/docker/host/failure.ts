import { AgentFailure, type FailureKind } from '../../../failure.js';
import type { Engine } from '../engine/engine.js';

/** The kind of object of an operation. */
export type Subject = 'container' | 'image';

const kinds: Readonly<Record<number, readonly [FailureKind, string]>> = {
  400: ['invalid_argument', 'invalid'],
  404: ['not_found', 'not_found'],
  409: ['conflict', 'conflict'],
};

/** Makes a request to the engine, with the failures of `docker.proto`. @throws AgentFailure */
export async function ask<T>(
  engine: Engine,
  what: string,
  request: (signal: AbortSignal) => Promise<T>,
  options: { readonly subject?: Subject; readonly signal?: AbortSignal; readonly limitMs?: number | undefined } = {},
): Promise<T> {
  try {
    return await engine.ask(what, request, options.signal, options.limitMs);
  } catch (error) {
    throw hostFailure(error, options.subject ?? 'container');
  }
}

/** The failure of `docker.proto` for a failure of the engine. Any other error stays as it is. */
export function hostFailure(error: unknown, subject: Subject): unknown {
  if (!(error instanceof AgentFailure)) return error;
  const { kind, message, details } = error;
  if (kind === 'timeout') return new AgentFailure(kind, message, { reason: 'timeout' });
  if (kind !== 'upstream') return error;
  const status = details.status as number | undefined;
  const [as, reason] = (status === undefined ? undefined : kinds[status]) ?? [
    'upstream',
    status === undefined && /cannot be reached/.test(message) ? 'unreachable' : 'failed',
  ];
  const more = as === 'not_found' ? { kind: subject } : as === 'invalid_argument' ? { field: subject } : {};
  return new AgentFailure(as as FailureKind, message, { reason, ...more }, { cause: error });
}

/** @throws AgentFailure `invalid_argument` */
export function wrong(field: string, problem: string): never {
  throw new AgentFailure('invalid_argument', `${field}: ${problem}`, { reason: 'invalid', field });
}
