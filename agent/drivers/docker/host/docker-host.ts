import type { Docker } from '../docker.js';
import { HostContainers } from './containers.js';
import { HostCommands } from './exec.js';
import { HostImages, type Note } from './images.js';
import { infoOf } from './info.js';
import { type LogRange, readLog } from './logs.js';
import { type DockerPolicy, Judge } from './policy.js';
import { type RunRequest, runContainer } from './run.js';
import { statsOf } from './stats.js';

/** The Docker Engine as the hub's users know it: all of its containers and images, as far as the site's policy allows. */
export class DockerHost {
  readonly containers: HostContainers;
  readonly images: HostImages;
  readonly commands: HostCommands;
  readonly #judge: Judge;

  /** @param policy the site's policy of now. */
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
