import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Asks the Docker Engine for a sign of life. */
export function dockerInfo(docker: DockerHost): Operation<'dockerInfo'> {
  return {
    name: 'dockerInfo',
    async run(_args, { signal }) {
      return json(await untilCancelled(signal, (aborted) => docker.info(aborted)));
    },
  };
}
