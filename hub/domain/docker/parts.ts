import type { Agents } from '../agents/agents.js';
import type { Fleet } from '../agents/fleet.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import type { Redactor } from '../audit/redactor.js';
import type { RightsNow } from '../people/creators.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Store } from '../store.js';
import { Containers } from './containers.js';
import { DockerHosts } from './hosts.js';
import { type ImageParts, Images } from './images.js';
import { ContainerLogs } from './logs.js';
import { DockerPort } from './port.js';
import { ContainerRuns, ContainerTerminals } from './runs.js';

export interface DockerParts {
  readonly store: Store;
  readonly agents: Agents;
  readonly catalog: ImageParts['catalog'];
  readonly registry: ServerRegistry;
  readonly rightsNow: RightsNow;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
  readonly streams: GuardedStreams;
}

/** Builds the parts of Docker Engines. The hub keeps only audit entries about them. */
export function createDocker({ store, agents, catalog, registry, rightsNow, redactor, fleet, streams }: DockerParts) {
  const hosts = new DockerHosts({ agents, rightsNow, streams, fleet });
  const port = new DockerPort(fleet, redactor, registry);
  const parts = { store, hosts, port, redactor, registry };
  const containers = new Containers(parts);
  return {
    hosts,
    containers,
    runs: new ContainerRuns(parts),
    terminals: new ContainerTerminals(parts, containers),
    logs: new ContainerLogs(hosts, port, containers, streams),
    images: new Images({ ...parts, catalog }),
  };
}
