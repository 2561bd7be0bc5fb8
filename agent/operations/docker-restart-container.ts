import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Stops a container and starts it. */
export function restartContainer(docker: DockerHost): Operation<'restartContainer'> {
  return {
    name: 'restartContainer',
    async run({ container, timeoutMs }, { signal }) {
      return json(await untilCancelled(signal, (aborted) => docker.containers.restart(container, timeoutMs, aborted)));
    },
  };
}
