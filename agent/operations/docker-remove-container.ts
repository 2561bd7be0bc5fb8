import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Removes a container. */
export function removeContainer(docker: DockerHost): Operation<'removeContainer'> {
  return {
    name: 'removeContainer',
    async run({ container, ...how }, { signal }) {
      return json(await untilCancelled(signal, (aborted) => docker.containers.remove(container, how, aborted)));
    },
  };
}
