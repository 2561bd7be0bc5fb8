import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Stops a container. */
export function stopContainer(docker: DockerHost): Operation<'stopContainer'> {
  return {
    name: 'stopContainer',
    async run({ container, timeoutMs }, { signal }) {
      return json(await untilCancelled(signal, (aborted) => docker.containers.stop(container, timeoutMs, aborted)));
    },
  };
}
