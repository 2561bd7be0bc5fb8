import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Runs a command in a container to its end. */
export function execContainer(docker: DockerHost): Operation<'execContainer'> {
  return {
    name: 'execContainer',
    async run(args, { signal }) {
      return json(
        await untilCancelled(signal, (aborted) => docker.commands.run({ ...args, stdin: args.stdin }, aborted)),
      );
    },
  };
}
