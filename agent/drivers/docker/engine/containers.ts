import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '@roundhouse/proto/log';
import type { ContainerCreateOptions } from 'dockerode';
import { newMarker } from '../../process/table.js';
import { Container, processOf } from './container.js';
import { Demultiplexer } from './demultiplex.js';
import { attach, type Engine, isMissing, statusOf } from './engine.js';

/** Labels of the agent's containers: the agent, the server and the launch. */
export const labels = {
  agent: 'io.roundhouse.agent',
  server: 'io.roundhouse.server',
  instance: 'io.roundhouse.instance',
} as const;

/** The pause before the agent tries again to remove a container: at first, and at most, milliseconds. */
const again = { first: 2000, most: 60_000 } as const;

/** This agent's containers. Each is removed after its use, even if the agent or the engine ended meanwhile. */
export class Containers {
  readonly #live = new Set<string>();
  #swept = false;
  #sweeping: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wait: number = again.first;
  #closed = false;

  constructor(
    private readonly engine: Engine,
    private readonly owner: Owner,
    private readonly log: Logger,
  ) {}

  /**
   * Creates a container, attaches to it, and starts it. If that fails, the container is removed.
   * @throws AgentFailure
   */
  async start(server: string, options: ContainerCreateOptions): Promise<Container> {
    const owner = await this.owner.get();
    if (!this.#swept) await this.sweep();
    const instance = newMarker(server);
    const name = `roundhouse-${server}-${randomBytes(4).toString('hex')}`;
    const own = { [labels.agent]: owner, [labels.server]: server, [labels.instance]: instance };
    const { platform, ...body } = options;
    // Otherwise the library also puts all options into the address, which the engine's log would show.
    const whole = {
      _query: { name, ...(platform && { platform }) },
      _body: { ...body, Labels: { ...body.Labels, ...own } },
    };
    this.#live.add(instance);
    let id: string | undefined;
    try {
      const made = await this.engine.ask('create the container', async (abortSignal) =>
        (await this.engine.client()).createContainer({ ...whole, abortSignal } as ContainerCreateOptions),
      );
      id = made.id;
      return await this.#attached(made.id, instance);
    } catch (error) {
      // A container that was being created when the time was up has no id yet: the sweep finds it.
      if (id === undefined) this.#abandon(instance);
      else await this.#remove(id, instance);
      throw error;
    }
  }

  /**
   * Removes the containers of this agent that are not in use: they remain if the agent was killed, or the engine was away. A container that
   * the engine cannot remove delays no server: the agent tries again later.
   * @throws AgentFailure if the engine does not list its containers.
   */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  /** Sweeps now, or as soon as the engine allows it. */
  async sweepUntilDone(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await this.sweep();
    } catch (error) {
      this.#notRemoved(error);
    }
  }

  /** Stops trying to remove the rest: the next start of the agent does it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sweeping?.catch(() => {});
  }

  async #sweep(): Promise<void> {
    const owner = await this.owner.known();
    if (owner !== undefined) {
      const filters = { label: [`${labels.agent}=${owner}`] };
      const found = await this.engine.ask('list containers', async (abortSignal) =>
        (await this.engine.client()).listContainers({ all: true, filters, abortSignal }),
      );
      const left = found.filter(({ Labels }) => !this.#live.has(Labels[labels.instance] ?? ''));
      const failures: unknown[] = [];
      for (const { Id } of left) await this.#takeAway(Id).catch((error) => failures.push(error));
      const containers = left.length - failures.length;
      if (containers > 0)
        this.log.warn({ event: 'docker.containers_removed', containers }, 'removed containers that were left');
      if (failures.length > 0) this.#notRemoved(failures[0]);
      else this.#wait = again.first;
    }
    this.#swept = true;
  }

  #notRemoved(error: unknown): void {
    // The warning comes once: an engine may be away for long.
    const level = this.#wait === again.first ? 'warn' : 'debug';
    this.log[level](
      { event: 'docker.containers_not_removed', err: error },
      'containers that may be left cannot be removed yet',
    );
    this.#sweepLater();
    this.#wait = Math.min(this.#wait * 2, again.most);
  }

  #sweepLater(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.sweepUntilDone(), this.#wait).unref();
  }

  async #attached(id: string, instance: string): Promise<Container> {
    const socket = await attach(this.engine, id);
    // The end of the stream reports any error.
    socket.on('error', () => {});
    let broken = false;
    const output = new Demultiplexer(socket, () => {
      broken = true;
      socket.destroy();
    });
    try {
      const one = (await this.engine.client()).getContainer(id);
      await this.engine.ask('start the container', (abortSignal) => one.start({ abortSignal }));
      const info = await this.engine.ask('look at the container', (abortSignal) => one.inspect({ abortSignal }));
      const attached = { socket, output, pid: await processOf(info), broken: () => broken };
      return new Container(id, this.engine, attached, () => this.#remove(id, instance));
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async #remove(id: string, instance: string): Promise<void> {
    try {
      await this.#takeAway(id);
      this.#live.delete(instance);
    } catch {
      this.#abandon(instance);
    }
  }

  #abandon(instance: string): void {
    this.#live.delete(instance);
    this.#swept = false;
    this.#sweepLater();
  }

  /** Removes a container with its anonymous volumes, running or not, and waits until it is gone. */
  async #takeAway(id: string): Promise<void> {
    const one = (await this.engine.client()).getContainer(id);
    await this.engine
      .ask('remove the container', (abortSignal) => one.remove({ force: true, v: true, abortSignal }))
      .catch(async (error) => {
        if (isMissing(error)) return;
        // Another client removes it already.
        if (statusOf(error) !== 409) throw error;
        const gone = (abortSignal: AbortSignal) => one.wait({ condition: 'removed', abortSignal });
        await this.engine.ask('remove the container', gone).catch((late) => {
          if (!isMissing(late)) throw late;
        });
      });
  }
}

/** The name that marks containers as this agent's. It is kept in the data folder, and made with the agent's first container. */
export class Owner {
  readonly #path: string;
  #made: Promise<string> | undefined;

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'docker', 'owner');
  }

  /** The name; `undefined` if no container was ever made. */
  async known(): Promise<string | undefined> {
    const text = (await readFile(this.#path, 'utf8').catch(() => '')).trim();
    return text === '' ? undefined : text;
  }

  /** The name, made if there is none. A new name is on disk before this resolves. */
  get(): Promise<string> {
    this.#made ??= this.#get().catch((error) => {
      this.#made = undefined;
      throw error;
    });
    return this.#made;
  }

  async #get(): Promise<string> {
    const known = await this.known();
    if (known !== undefined) return known;
    const name = randomUUID();
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await writeFile(this.#path, `${name}\n`, { mode: 0o600, flush: true });
    return name;
  }
}
