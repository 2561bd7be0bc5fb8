import type { ExecContainer, RunContainer } from '@roundhouse/proto/agent/v1/docker';
import type { Operations, Plain } from './contract.js';

/** The parts of a container. Empty texts and lists stand for the image's or the engine's own. */
export type ContainerSpec = Plain<RunContainer>;

/** A command for a container. */
export type ContainerCommand = Plain<ExecContainer>;

/** The hub's operations on an agent's Docker Engine. A container is named by its name or id. */
export type DockerOperation = Operations<
  | 'dockerInfo'
  | 'listContainers'
  | 'inspectContainer'
  | 'startContainer'
  | 'readContainerLog'
  | 'stopContainer'
  | 'restartContainer'
  | 'removeContainer'
  | 'runContainer'
  | 'execContainer'
  | 'containerStats'
  | 'listImages'
  | 'pullImage'
  | 'removeImage'
>;
