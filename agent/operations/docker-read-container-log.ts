import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import { untilCancelled } from './cancelled.js';
import type { Operation } from './operation.js';

/** Sends a container's log, no faster than it is taken. */
export function readContainerLog(docker: DockerHost): Operation<'readContainerLog'> {
  return {
    name: 'readContainerLog',
    transfer({ container, tail, sinceMs, untilMs, follow }, { signal }, output) {
      const range = { tail, sinceMs: Number(sinceMs), untilMs: Number(untilMs), follow };
      return untilCancelled(signal, async (aborted) => {
        for await (const line of docker.readLog(container, range, aborted)) await output.write(line);
      });
    },
  };
}
