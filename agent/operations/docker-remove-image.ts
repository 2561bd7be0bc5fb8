import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Takes an image's name away, and the image with its last one. */
export function removeImage(docker: DockerHost): Operation<'removeImage'> {
  return {
    name: 'removeImage',
    async run({ image, force }, { signal }) {
      return json(await untilCancelled(signal, (aborted) => docker.images.remove(image, force, aborted)));
    },
  };
}
