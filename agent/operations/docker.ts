import { type Cancellation, untilCancelled } from '../cancellation.js';
import type { DockerHost } from '../drivers/docker/host/docker-host.js';
import type { Terminals } from '../drivers/terminals.js';
import { type Answer, json, notesTo, type Operations } from './operation.js';

/** Containers and images of the Docker Engine at this site. */
export const dockerOperations = (docker: DockerHost, terminals: Terminals) =>
  ({
    /** Asks the Docker Engine for a sign of life. */
    dockerInfo: (_, { signal }) => answer(signal, (aborted) => docker.info(aborted)),

    listContainers: (filter, { signal }) => answer(signal, (aborted) => docker.containers.list(filter, aborted)),

    /** Describes one container in full, except for the values of its environment. */
    inspectContainer: ({ container }, { signal }) =>
      answer(signal, (aborted) => docker.containers.inspect(container, aborted)),

    /** Sends a container's log, no faster than the hub takes it. */
    readContainerLog: {
      transfer({ container, tail, sinceMs, untilMs, follow }, { signal }, output) {
        const range = { tail, sinceMs: Number(sinceMs), untilMs: Number(untilMs), follow };
        return untilCancelled(signal, async (aborted) => {
          for await (const line of docker.readLog(container, range, aborted)) await output.write(line);
        });
      },
    },

    startContainer: ({ container }, { signal }) =>
      answer(signal, (aborted) => docker.containers.start(container, aborted)),

    stopContainer: ({ container, timeoutMs }, { signal }) =>
      answer(signal, (aborted) => docker.containers.stop(container, timeoutMs, aborted)),

    /** Stops a container and starts it. */
    restartContainer: ({ container, timeoutMs }, { signal }) =>
      answer(signal, (aborted) => docker.containers.restart(container, timeoutMs, aborted)),

    removeContainer: ({ container, ...how }, { signal }) =>
      answer(signal, (aborted) => docker.containers.remove(container, how, aborted)),

    /** Creates a container and starts it. It pulls the image where that is needed. */
    runContainer: (request, context) =>
      answer(context.signal, (aborted) => docker.run(request, notesTo(context), aborted)),

    /** Runs a command in a container to its end. */
    execContainer: (request, { signal }) =>
      answer(signal, (aborted) => docker.commands.run({ ...request, stdin: request.stdin }, aborted)),

    /** Runs a command at a terminal in a container. */
    openContainerTerminal: {
      transfer({ terminal, ...request }, { signal }, output) {
        return untilCancelled(signal, (aborted) =>
          terminals.run(
            terminal,
            (line) => output.write(line),
            (keyboard, sink) => docker.commands.runAtTerminal(request, keyboard, sink, aborted),
          ),
        );
      },
    },

    /** Measures the resources that containers use. */
    containerStats: ({ container }, { signal }) => answer(signal, (aborted) => docker.stats(container, aborted)),

    listImages: (filter, { signal }) => answer(signal, (aborted) => docker.images.list(filter, aborted)),

    /** Pulls an image, and reports its progress. */
    pullImage: ({ image, platform }, context) =>
      answer(context.signal, (aborted) => docker.images.pull(image, platform, notesTo(context), aborted)),

    /** Removes a name of an image, and the image with its last name. */
    removeImage: ({ image, force }, { signal }) =>
      answer(signal, (aborted) => docker.images.remove(image, force, aborted)),
  }) satisfies Partial<Operations>;

async function answer(signal: Cancellation, ask: (aborted: AbortSignal) => Promise<unknown>): Promise<Answer> {
  return json(await untilCancelled(signal, ask));
}
