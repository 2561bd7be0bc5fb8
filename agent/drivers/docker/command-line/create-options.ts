import { readFile } from 'node:fs/promises';
import type { ContainerCreateOptions } from 'dockerode';
import { AgentFailure } from '../../../failure.js';
import { serverEnvironment } from '../../process/environment.js';
import { engineName, type ImageReference } from '../reference.js';
import type { RunCommand } from './run-command.js';

/** From the request to end to the kill, seconds. */
const stopSeconds = 3;

/** A file of variables is no larger, characters. */
const envFileLimit = 256 * 1024;

/**
 * The container that the engine creates for a command.
 * @param own the registration's variables. The container gets those that the command names with `-e NAME` or in a file; where the
 * command has a value of its own, the registration's wins.
 * @throws AgentFailure `invalid_argument`, `upstream` for a file of variables that cannot be used.
 */
export async function createOptions(
  { args, options }: RunCommand,
  image: ImageReference,
  own: Readonly<Record<string, string>>,
): Promise<ContainerCreateOptions> {
  const named = [...(await fromFiles(options.envFiles)), ...options.env];
  const here = serverEnvironment(own);
  const env = new Map<string, string>();
  for (const { name, value } of named) {
    const given = own[name] ?? value ?? here[name];
    if (given === undefined) env.delete(name);
    else env.set(name, given);
  }
  return {
    // An engine that is shut down waits no longer for it than the agent does.
    StopTimeout: stopSeconds,
    ...options.container,
    ...(options.platform && { platform: options.platform }),
    Image: engineName(image),
    ...(args.length > 0 && { Cmd: [...args] }),
    Env: [...env].map(([name, value]) => `${name}=${value}`),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    // The engine closes the input when the agent's connection ends, so that the container of a dead agent can end.
    StdinOnce: true,
    Tty: false,
    HostConfig: {
      ...options.host,
      // The agent keeps the log; the engine would fill the disk with every message besides.
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
    },
  };
}

async function fromFiles(paths: readonly string[]): Promise<{ name: string; value: string | undefined }[]> {
  const all: { name: string; value: string | undefined }[] = [];
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw unusable(path, error.code === 'ENOENT' ? 'does not exist at this agent' : 'cannot be read');
    });
    if (text.length > envFileLimit) throw unusable(path, 'is too large');
    for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
      if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
      const [name = '', value] = line.trimStart().split(/=(.*)/s);
      if (name === '' || /\s/.test(name)) throw unusable(path, 'holds a line that names no variable');
      all.push({ name, value });
    }
  }
  return all;
}

function unusable(path: string, problem: string): AgentFailure {
  const reason = `the file of variables ${path} ${problem}`;
  return new AgentFailure('upstream', reason, { reason });
}
