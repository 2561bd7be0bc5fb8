import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Measures what containers use. */
export function containerStats(docker: DockerHost): Operation<'containerStats'> {
  return {
    name: 'containerStats',
    async run({ container }, { signal }) {
      return json(await untilCancelled(signal, (aborted) => docker.stats(container, aborted)));
    },
  };
}
