import type { Domain } from '../../../domain/domain.js';
import type { Method } from '../call.js';
import type { ToolOperation } from '../operations/operation.js';
import type { OperationRunner } from '../operations/run.js';
import { loggingMethods } from './logging.js';
import { completionMethods, promptMethods } from './prompts.js';
import { resourceMethods } from './resources.js';
import { toolMethods } from './tools.js';

/** The methods of the protocol that are the same whatever session and transport they come by. */
export function createMethods(
  domain: Domain,
  operations: readonly ToolOperation[],
  runner: OperationRunner,
): ReadonlyMap<string, Method> {
  return new Map<string, Method>(
    Object.entries({
      ping: () => '{}',
      ...toolMethods(domain, operations, runner),
      ...resourceMethods(domain),
      ...promptMethods(domain),
      ...completionMethods(domain),
      ...loggingMethods(domain),
    }),
  );
}
