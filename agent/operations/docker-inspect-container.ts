import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Tells all of one container, but for the values of its environment. */
export function inspectContainer(docker: DockerHost): Operation<'inspectContainer'> {
  return {
    name: 'inspectContainer',
    async run({ container }, { signal }) {
      return json(await untilCancelled(signal, (aborted) => docker.containers.inspect(container, aborted)));
    },
  };
}
