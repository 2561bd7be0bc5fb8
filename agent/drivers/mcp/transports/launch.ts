import { mkdir } from 'node:fs/promises';
import { AgentFailure } from '../../../failure.js';
import type { StdioChild } from '../../process/child.js';
import { serverEnvironment } from '../../process/environment.js';
import { ProcessGroup } from '../../process/group.js';

/** A process to be run, sources resolved. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** The server's own variables; a small safe base is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Made if it does not exist. */
  readonly cwd: string;
  /** The server's id. */
  readonly label: string;
}

/** How a launch is started. What it returns throws AgentFailure `upstream`. */
export function launcher({ command, args, env, cwd, label }: Launch): () => Promise<StdioChild> {
  return async () => {
    await mkdir(cwd, { recursive: true, mode: 0o700 });
    return ProcessGroup.start(command, args, { cwd, label, env: serverEnvironment(env) }).catch((error) => {
      throw startFailure(command, error);
    });
  };
}

function startFailure(command: string, error: NodeJS.ErrnoException): AgentFailure {
  const reasons: Record<string, string> = {
    ENOENT: 'was not found',
    EACCES: 'may not be executed',
    ENOEXEC: 'is no program',
    E2BIG: 'has too many arguments or variables',
    EMFILE: 'cannot be started: the agent has no file descriptors left (`ulimit -n` sets how many it has)',
  };
  const reason = reasons[error.code ?? ''] ?? `cannot be started (${error.code ?? error.message})`;
  return new AgentFailure('upstream', `the command '${command}' ${reason}`, { reason });
}
