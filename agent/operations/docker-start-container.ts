import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Starts a container. */
export function startContainer(docker: DockerHost): Operation<'startContainer'> {
  return {
    name: 'startContainer',
    async run({ container }, { signal }) {
      return json(await untilCancelled(signal, (aborted) => docker.containers.start(container, aborted)));
    },
  };
}
