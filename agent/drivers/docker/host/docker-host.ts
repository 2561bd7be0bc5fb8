import type { Docker } from '../docker.js';
import type { Engine } from '../engine/engine.js';
import { HostContainers, statsOf } from './containers.js';
import { HostCommands } from './exec.js';
import { ask } from './failure.js';
import { HostImages, type Note } from './images.js';
import { type LogRange, readLog } from './logs.js';
import { type DockerPolicy, Judge } from './policy.js';
import { type RunRequest, runContainer } from './run.js';

/** The Docker Engine for the hub's users: all containers and images, as far as the site's policy allows. */
export class DockerHost {
  readonly containers: HostContainers;
  readonly images: HostImages;
  readonly commands: HostCommands;
  readonly #judge: Judge;

  /** @param policy the site's present policy. */
  constructor(
    private readonly docker: Docker,
    policy: () => DockerPolicy,
  ) {
    this.#judge = new Judge(policy);
    this.containers = new HostContainers(docker, this.#judge);
    this.images = new HostImages(docker, this.#judge);
    this.commands = new HostCommands(docker, this.#judge, this.containers);
  }

  /** @throws AgentFailure */
  info(signal: AbortSignal) {
    return infoOf(this.docker.engine, signal);
  }

  /** @throws AgentFailure */
  run(request: RunRequest, note: Note, signal: AbortSignal) {
    const { docker, containers, images } = this;
    return runContainer({ docker, judge: this.#judge, containers, images }, request, note, signal);
  }

  /** @throws AgentFailure */
  readLog(container: string, range: LogRange, signal: AbortSignal): AsyncIterable<Buffer> {
    return readLog(this.docker, this.containers, container, range, signal);
  }

  /** @throws AgentFailure */
  stats(container: string, signal: AbortSignal) {
    return statsOf(this.docker, this.containers, container, signal);
  }

  close(): Promise<void> {
    return this.commands.close();
  }
}

interface EngineInfo {
  readonly ServerVersion: string;
  readonly OperatingSystem: string;
  readonly Architecture: string;
  readonly KernelVersion: string;
  readonly Name: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly Containers: number;
  readonly ContainersRunning: number;
  readonly Images: number;
}

/** How long the agent's start waits for the engine's version, milliseconds. */
const startMs = 2000;

/** The answer to `DockerInfo`. @throws AgentFailure */
async function infoOf(engine: Engine, signal: AbortSignal) {
  const [info, { ApiVersion }] = await ask(
    engine,
    'describe itself',
    async () => {
      const client = await engine.client();
      return Promise.all([client.info() as Promise<EngineInfo>, client.version()]);
    },
    { signal, limitMs: 10_000 },
  );
  return {
    version: info.ServerVersion,
    apiVersion: ApiVersion,
    os: info.OperatingSystem,
    architecture: info.Architecture,
    kernel: info.KernelVersion,
    name: info.Name,
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
    containers: info.Containers,
    running: info.ContainersRunning,
    images: info.Images,
  };
}

/** The agent's capability for the Docker Engine: `docker/VERSION`. The list is empty if the machine has no engine. */
export async function dockerCapability(engine: Engine): Promise<string[]> {
  if (!engine.mayExist) return [];
  try {
    const { Version } = await engine.ask(
      'describe itself',
      async () => (await engine.client()).version(),
      undefined,
      startMs,
    );
    return [`docker/${Version}`];
  } catch {
    // There is no engine, or it does not answer. An operation on the engine gives the reason.
    return [];
  }
}
