import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Lists the images of the Docker Engine. */
export function listImages(docker: DockerHost): Operation<'listImages'> {
  return {
    name: 'listImages',
    async run(args, { signal }) {
      return json(await untilCancelled(signal, (aborted) => docker.images.list(args, aborted)));
    },
  };
}
