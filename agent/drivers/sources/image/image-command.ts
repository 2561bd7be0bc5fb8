import { AgentFailure } from '../../../failure.js';
import { parseDockerCommand } from '../../docker/command-line/run-command.js';
import { type ImageContext, ImageRegistry } from './image.js';

/** The image that a command line names; `undefined` where that is not one that this agent runs by itself. */
export function imageRegistry(
  command: string,
  args: readonly string[],
  context: ImageContext,
): ImageRegistry | undefined {
  const parsed = parseDockerCommand(command, args);
  return parsed?.kind === 'run' ? new ImageRegistry(parsed, context) : undefined;
}

/**
 * Says why a docker command is left to the docker program, where it is.
 * @throws AgentFailure `invalid_argument` for one that cannot work.
 */
export function checkImageCommand(command: string, args: readonly string[], note: (line: string) => void): void {
  const parsed = parseDockerCommand(command, args);
  if (parsed?.kind === 'left') note(`the command is run by the docker program as it is given: ${parsed.reason}`);
  if (parsed?.kind !== 'wrong') return;
  throw new AgentFailure('invalid_argument', parsed.reason, { field: 'transport.args', reason: parsed.reason });
}
