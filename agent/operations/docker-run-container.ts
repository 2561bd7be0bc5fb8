import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import { json } from './json.js';
import { notesTo } from './notes.js';
import type { Operation } from './operation.js';

/** Creates a container and starts it; its image is pulled where that is needed. */
export function runContainer(docker: DockerHost): Operation<'runContainer'> {
  return {
    name: 'runContainer',
    async run(args, context) {
      const note = notesTo(context);
      return json(await untilCancelled(context.signal, (aborted) => docker.run(args, note, aborted)));
    },
  };
}
