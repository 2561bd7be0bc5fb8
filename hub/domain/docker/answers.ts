import type { Shape } from '../agents/shape.js';
import type { Fields } from '../lists/field.js';

/** An engine's description. */
export interface EngineInfo {
  readonly version: string;
  readonly os: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly containers: number;
  readonly running: number;
  readonly images: number;
}

/** A container in a list; see `ListContainers` in `proto/agent/v1/docker.proto`. Times are milliseconds since 1970, 0 for never. */
export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  readonly status: string;
  readonly createdAt: number;
  readonly ports: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** The id of the server that runs in it; empty for none. */
  readonly serverId: string;
}

/** All data of a container without the values of its environment; see `InspectContainer`. */
export interface ContainerDetails extends Omit<ContainerSummary, 'status'> {
  readonly imageId: string;
  readonly command: readonly string[];
  readonly user: string;
  readonly workdir: string;
  readonly hostname: string;
  readonly tty: boolean;
  /** Names. */
  readonly env: readonly string[];
  readonly pid: number;
  readonly exitCode: number;
  readonly error: string;
  readonly oomKilled: boolean;
  readonly health: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly restartCount: number;
  readonly restart: string;
  readonly mounts: readonly { type: string; source: string; target: string; readOnly: boolean }[];
  readonly networks: readonly { name: string; ip: string }[];
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly privileged: boolean;
}

/** The outcome of an operation on a container. */
export interface ContainerOutcome {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  /** `false` if the container was in that state already. */
  readonly changed: boolean;
}

/** A container's current use; 100 % is one processor. */
export interface ContainerUsage {
  readonly id: string;
  readonly name: string;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
  readonly networkReceivedBytes: number;
  readonly networkSentBytes: number;
  readonly blockReadBytes: number;
  readonly blockWrittenBytes: number;
  readonly processes: number;
}

/** The output of a command in a container. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly truncated: boolean;
  readonly durationMs: number;
}

/** An image that an engine has. */
export interface ImageSummary {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly createdAt: number;
  readonly bytes: number;
  /** How many containers were made from it. */
  readonly containers: number;
}

/** An image that was pulled. */
export interface PulledImage {
  readonly image: string;
  readonly id: string;
  readonly digest: string;
  readonly bytes: number;
  readonly changed: boolean;
}

const container = {
  id: 'text',
  name: 'text',
  image: 'text',
  state: 'text',
  createdAt: 'time',
  ports: ['text'],
  labels: { '*': 'document' },
  serverId: 'text',
} as const;

/** How the hub reads {@link ContainerSummary}, and so on. */
export const containerSummary: Shape<ContainerSummary> = { ...container, status: 'text' };

export const engineInfo: Shape<EngineInfo> = {
  version: 'text',
  os: 'text',
  architecture: 'text',
  cpus: 'number',
  memoryBytes: 'number',
  containers: 'number',
  running: 'number',
  images: 'number',
};

export const containerDetails: Shape<ContainerDetails> = {
  ...container,
  imageId: 'text',
  command: ['document'],
  user: 'text',
  workdir: 'text',
  hostname: 'text',
  tty: 'flag',
  env: ['text'],
  pid: 'number',
  exitCode: 'number',
  error: 'document',
  oomKilled: 'flag',
  health: 'text',
  startedAt: 'time',
  finishedAt: 'time',
  restartCount: 'number',
  restart: 'text',
  mounts: [{ type: 'text', source: 'text', target: 'text', readOnly: 'flag' }],
  networks: [{ name: 'text', ip: 'text' }],
  memoryBytes: 'number',
  cpus: 'number',
  privileged: 'flag',
};

export const containerOutcome: Shape<ContainerOutcome> = { id: 'text', name: 'text', state: 'text', changed: 'flag' };

export const containerUsage: Shape<ContainerUsage> = {
  id: 'text',
  name: 'text',
  cpuPercent: 'number',
  memoryBytes: 'number',
  memoryLimitBytes: 'number',
  networkReceivedBytes: 'number',
  networkSentBytes: 'number',
  blockReadBytes: 'number',
  blockWrittenBytes: 'number',
  processes: 'number',
};

export const commandOutput: Shape<CommandOutput> = {
  stdout: 'document',
  stderr: 'document',
  exitCode: 'number',
  truncated: 'flag',
  durationMs: 'number',
};

export const imageSummary: Shape<ImageSummary> = {
  id: 'text',
  tags: ['text'],
  digests: ['text'],
  createdAt: 'time',
  bytes: 'number',
  containers: 'number',
};

export const pulledImage: Shape<PulledImage> = {
  image: 'text',
  id: 'text',
  digest: 'text',
  bytes: 'number',
  changed: 'flag',
};

/** The fields by which a list of containers can be filtered and sorted. */
export const containerFields = {
  id: { type: 'string', of: ({ id }) => id },
  name: { type: 'string', of: ({ name }) => name },
  image: { type: 'string', of: ({ image }) => image },
  state: { type: 'string', of: ({ state }) => state },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt || null },
} satisfies Fields<ContainerSummary>;

/** The fields by which a list of images can be filtered and sorted. */
export const imageFields = {
  id: { type: 'string', of: ({ id }) => id },
  /** The first of its names; an image may have none. */
  name: { type: 'string', of: ({ tags }) => tags[0] ?? null },
  bytes: { type: 'number', of: ({ bytes }) => bytes },
  containers: { type: 'number', of: ({ containers }) => containers },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt || null },
} satisfies Fields<ImageSummary>;
