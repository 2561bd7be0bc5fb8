import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import { notesTo } from './notes.js';
import type { Operation } from './operation.js';

/** Pulls an image, and tells how far that is. */
export function pullImage(docker: DockerHost): Operation<'pullImage'> {
  return {
    name: 'pullImage',
    async run({ image, platform }, context) {
      const note = notesTo(context);
      return json(
        await untilCancelled(context.signal, (aborted) => docker.images.pull(image, platform, note, aborted)),
      );
    },
  };
}
