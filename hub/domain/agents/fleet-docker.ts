/**
 * The parts of a container; see `RunContainer` in `proto/agent/v1/docker.proto`. Empty texts and lists stand for the image's or the
 * engine's own.
 */
export interface ContainerSpec {
  readonly image: string;
  readonly name: string;
  readonly command: readonly string[];
  readonly entrypoint: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly network: string;
  readonly user: string;
  readonly workdir: string;
  readonly restart: string;
  readonly memory: string;
  readonly cpus: string;
  readonly init: boolean;
  readonly readOnly: boolean;
  readonly autoRemove: boolean;
  readonly pull: string;
}

/** A command for a container. */
export interface ContainerCommand {
  readonly container: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string;
  /** Absent: no input. */
  readonly stdin?: Uint8Array;
  /** How long it may run, milliseconds. */
  readonly timeoutMs: number;
  /** How much of each output the agent keeps. */
  readonly maxOutputBytes: number;
}

/** The hub's operations on an agent's Docker Engine. A container is named by its name or id. */
export type DockerOperation =
  | { readonly case: 'dockerInfo'; readonly value: Readonly<Record<string, never>> }
  | {
      readonly case: 'listContainers';
      readonly value: {
        readonly all: boolean;
        readonly name: string;
        readonly labels: readonly string[];
        readonly limit: number;
      };
    }
  | { readonly case: 'inspectContainer' | 'startContainer'; readonly value: { readonly container: string } }
  | {
      readonly case: 'readContainerLog';
      readonly value: {
        readonly container: string;
        readonly tail: number;
        /** Milliseconds since 1970; 0 for all. */
        readonly sinceMs: number;
        readonly untilMs: number;
        readonly follow: boolean;
      };
    }
  | {
      readonly case: 'stopContainer' | 'restartContainer';
      /** Absent: the container's own. */
      readonly value: { readonly container: string; readonly timeoutMs?: number };
    }
  | {
      readonly case: 'removeContainer';
      readonly value: { readonly container: string; readonly force: boolean; readonly volumes: boolean };
    }
  | { readonly case: 'runContainer'; readonly value: ContainerSpec }
  | { readonly case: 'execContainer'; readonly value: ContainerCommand }
  /** An empty `container` stands for all that run. */
  | { readonly case: 'containerStats'; readonly value: { readonly container: string } }
  | { readonly case: 'listImages'; readonly value: { readonly name: string; readonly limit: number } }
  | { readonly case: 'pullImage'; readonly value: { readonly image: string; readonly platform: string } }
  | { readonly case: 'removeImage'; readonly value: { readonly image: string; readonly force: boolean } };
