import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Lists the containers of the Docker Engine. */
export function listContainers(docker: DockerHost): Operation<'listContainers'> {
  return {
    name: 'listContainers',
    async run(args, { signal }) {
      return json(await untilCancelled(signal, (aborted) => docker.containers.list(args, aborted)));
    },
  };
}
