import type { ContainerInfo, ContainerInspectInfo, ContainerStats, Port } from 'dockerode';
import { AgentFailure } from '../../../failure.js';
import type { Docker } from '../docker.js';
import { labels } from '../engine/containers.js';
import { isMissing, statusOf } from '../engine/engine.js';
import { ask, wrong } from './failure.js';
import type { Judge } from './policy.js';

/** Defaults: the length of a list, and the time that a container gets to stop, milliseconds. */
const mostListed = 1000;
const stopMs = 10_000;
/** The time that a stop may take in addition to the wait for the container's end, milliseconds. */
const slackMs = 30_000;

/** The engine's form of a name or an id. */
const nameForm = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/;

/** A container that was looked up once, so that all later steps concern the same container. */
export interface Found {
  readonly id: string;
  readonly name: string;
  readonly info: ContainerInspectInfo;
}

/** All containers of the engine, including containers of other programs. */
export class HostContainers {
  constructor(
    private readonly docker: Docker,
    private readonly judge: Judge,
  ) {}

  /** @throws AgentFailure */
  async list(
    { all, name, labels: wanted, limit }: { all: boolean; name: string; labels: readonly string[]; limit: number },
    signal: AbortSignal,
  ) {
    const { engine } = this.docker;
    const filters = { label: [...wanted] };
    const found = await ask(
      engine,
      'list containers',
      async (abortSignal) => (await engine.client()).listContainers({ all, filters, abortSignal }),
      { signal },
    );
    // The engine's own filter takes a regular expression.
    const fits = found.map(summaryOf).filter((one) => one.name.includes(name));
    return { containers: fits.slice(0, limit || mostListed), total: fits.length };
  }

  /** @throws AgentFailure */
  async inspect(container: string, signal: AbortSignal) {
    return detailsOf((await this.find(container, signal)).info);
  }

  /** @throws AgentFailure */
  async start(container: string, signal: AbortSignal) {
    this.judge.changes('no container is started');
    const found = await this.findOwn(container, signal);
    this.judge.imageNamed(found.info.Config.Image);
    const one = (await this.docker.engine.client()).getContainer(found.id);
    const changed = await this.#changeState('start the container', (abortSignal) => one.start({ abortSignal }), signal);
    return outcomeOf(found, await this.#state(found, signal), changed);
  }

  /** @throws AgentFailure */
  async stop(container: string, timeoutMs: number | undefined, signal: AbortSignal) {
    this.judge.changes('no container is stopped');
    const found = await this.findOwn(container, signal);
    const one = (await this.docker.engine.client()).getContainer(found.id);
    const t = timeoutMs === undefined ? {} : { t: Math.ceil(timeoutMs / 1000) };
    const stop = (abortSignal: AbortSignal) => one.stop({ ...t, abortSignal });
    const changed = await this.#changeState('stop the container', stop, signal, patienceFor(found, timeoutMs));
    return outcomeOf(found, await this.#state(found, signal), changed);
  }

  /** @throws AgentFailure */
  async restart(container: string, timeoutMs: number | undefined, signal: AbortSignal) {
    this.judge.changes('no container is restarted');
    const found = await this.findOwn(container, signal);
    this.judge.imageNamed(found.info.Config.Image);
    const one = (await this.docker.engine.client()).getContainer(found.id);
    const t = timeoutMs === undefined ? {} : { t: Math.ceil(timeoutMs / 1000) };
    const restart = (abortSignal: AbortSignal) => one.restart({ ...t, abortSignal });
    const limitMs = patienceFor(found, timeoutMs);
    await ask(this.docker.engine, 'restart the container', restart, { signal, limitMs });
    return outcomeOf(found, await this.#state(found, signal), true);
  }

  /** @throws AgentFailure */
  async remove(
    container: string,
    { force, volumes }: { readonly force: boolean; readonly volumes: boolean },
    signal: AbortSignal,
  ) {
    this.judge.changes('no container is removed');
    const found = await this.findOwn(container, signal);
    const one = (await this.docker.engine.client()).getContainer(found.id);
    const remove = (abortSignal: AbortSignal) => one.remove({ force, v: volumes, abortSignal });
    await ask(this.docker.engine, 'remove the container', remove, { signal });
    return outcomeOf(found, 'removed', true);
  }

  /** @throws AgentFailure `not_found` */
  async find(container: string, signal: AbortSignal): Promise<Found> {
    if (!nameForm.test(container)) wrong('container', 'expected a name or an id');
    const one = (await this.docker.engine.client()).getContainer(container);
    const look = (abortSignal: AbortSignal) => one.inspect({ abortSignal });
    const info = await ask(this.docker.engine, 'look at the container', look, { signal });
    return { id: info.Id, name: nameOf(info.Name), info };
  }

  /** Finds a container that does not run a server: only the agent starts and ends those. @throws AgentFailure */
  async findOwn(container: string, signal: AbortSignal): Promise<Found> {
    const found = await this.find(container, signal);
    const own = found.info.Config.Labels ?? {};
    if (own[labels.agent] === undefined) return found;
    const serverId = own[labels.server] ?? '';
    const message = `container '${found.name}' runs a server of Roundhouse: use the operations on servers`;
    throw new AgentFailure('conflict', message, { reason: 'managed', serverId, outcome: 'not_run' });
  }

  /** Makes a change. Returns false if the engine answers 304: the container had that state already. */
  async #changeState(
    what: string,
    work: (signal: AbortSignal) => Promise<unknown>,
    signal: AbortSignal,
    limitMs?: number,
  ): Promise<boolean> {
    const done = (abortSignal: AbortSignal) =>
      work(abortSignal).then(
        () => true,
        (error: unknown) => {
          if (statusOf(error) === 304) return false;
          throw error;
        },
      );
    return ask(this.docker.engine, what, done, { signal, limitMs });
  }

  async #state({ id }: Found, signal: AbortSignal): Promise<string> {
    const one = (await this.docker.engine.client()).getContainer(id);
    const look = (abortSignal: AbortSignal) => one.inspect({ abortSignal });
    try {
      return (await this.docker.engine.ask('look at the container', look, signal)).State.Status;
    } catch (error) {
      // The container was started with automatic removal.
      if (isMissing(error)) return 'removed';
      throw error;
    }
  }
}

function patienceFor({ info }: Found, timeoutMs: number | undefined): number {
  const { StopTimeout } = info.Config as { readonly StopTimeout?: number };
  return (timeoutMs ?? (StopTimeout === undefined ? stopMs : StopTimeout * 1000)) + slackMs;
}

/** A container as `ListContainers` shows it. */
function summaryOf({ Id: id, Names, Image, State, Status, Created, Ports, Labels }: ContainerInfo) {
  return {
    id,
    name: nameOf(Names?.[0] ?? ''),
    image: Image,
    state: State,
    status: Status,
    createdAt: Created * 1000,
    ports: portsOf(Ports ?? []),
    labels: Labels ?? {},
    serverId: Labels?.[labels.server] ?? '',
  };
}

/** A container as `InspectContainer` shows it. It has only the names of its environment, because the values may be secrets. */
export function detailsOf(info: ContainerInspectInfo) {
  const { Id: id, Name, Config, State, HostConfig, NetworkSettings, Created, RestartCount, Path, Args, Image } = info;
  const { Name: restart = 'no', MaximumRetryCount: times = 0 } = HostConfig.RestartPolicy ?? {};
  return {
    id,
    name: nameOf(Name),
    image: Config.Image,
    imageId: Image,
    state: State.Status,
    createdAt: millisecondsOf(Created),
    ports: Object.entries(NetworkSettings?.Ports ?? {}).flatMap(([inside, bindings]) =>
      bindings ? bindings.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}->${inside}`) : [inside],
    ),
    labels: Config.Labels ?? {},
    serverId: Config.Labels?.[labels.server] ?? '',
    command: [Path, ...Args].filter((word) => word !== ''),
    user: Config.User ?? '',
    workdir: Config.WorkingDir ?? '',
    hostname: Config.Hostname ?? '',
    tty: Config.Tty === true,
    env: (Config.Env ?? []).map((text) => text.split('=', 1)[0] ?? ''),
    pid: State.Pid,
    exitCode: State.ExitCode,
    error: State.Error,
    oomKilled: State.OOMKilled,
    health: State.Health?.Status ?? '',
    startedAt: millisecondsOf(State.StartedAt),
    finishedAt: millisecondsOf(State.FinishedAt),
    restartCount: RestartCount,
    restart: restart === 'on-failure' && times > 0 ? `on-failure:${times}` : restart || 'no',
    mounts: (info.Mounts ?? []).map(({ Type, Name, Source, Destination, RW }) => ({
      type: Type ?? '',
      source: Type === 'volume' ? (Name ?? Source) : Source,
      target: Destination,
      readOnly: !RW,
    })),
    networks: Object.entries(NetworkSettings?.Networks ?? {}).map(([name, { IPAddress }]) => ({ name, ip: IPAddress })),
    memoryBytes: HostConfig.Memory ?? 0,
    cpus: (HostConfig.NanoCpus ?? 0) / 1e9,
    privileged: HostConfig.Privileged === true,
  };
}

/** A container as the answer to a change gives it: `{id, name, state, changed}`. */
function outcomeOf({ id, name }: { readonly id: string; readonly name: string }, state: string, changed: boolean) {
  return { id, name, state, changed };
}

/** The engine writes names with a slash before them. */
function nameOf(name: string): string {
  return name.replace(/^\//, '');
}

/** The engine writes the year 1 for "never". */
function millisecondsOf(text: string | undefined): number {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) || ms < 0 ? 0 : ms;
}

function portsOf(ports: readonly Port[]): string[] {
  return ports.map(({ IP, PrivatePort, PublicPort, Type }) => {
    const inside = `${PrivatePort}/${Type}`;
    return PublicPort === undefined ? inside : `${IP ?? ''}:${PublicPort}->${inside}`;
  });
}

/** The most containers that are measured at once: each takes the engine a second or two. */
const mostAtOnce = 50;

/** The present resource use of containers. @throws AgentFailure */
export async function statsOf(docker: Docker, containers: HostContainers, container: string, signal: AbortSignal) {
  const ids = container === '' ? await running(docker, signal) : [(await containers.find(container, signal)).id];
  const stats = await Promise.all(ids.slice(0, mostAtOnce).map((id) => one(docker, id, signal)));
  return { stats: stats.filter((found) => found !== undefined), total: ids.length };
}

async function running({ engine }: Docker, signal: AbortSignal): Promise<string[]> {
  const list = async (abortSignal: AbortSignal) => (await engine.client()).listContainers({ abortSignal });
  return (await ask(engine, 'list containers', list, { signal })).map(({ Id }) => Id);
}

/** `undefined` if the container has been removed meanwhile. */
async function one({ engine }: Docker, id: string, signal: AbortSignal) {
  try {
    const read = async (abortSignal: AbortSignal) =>
      (await engine.client()).getContainer(id).stats({ stream: false, abortSignal } as { stream: false });
    return numbersOf(await engine.ask('measure the container', read, signal));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The numbers of a container; they are 0 if it does not run. */
function numbersOf(stats: ContainerStats & { readonly name?: string; readonly id?: string }) {
  const { cpu_stats: cpu, precpu_stats: before, memory_stats: memory, networks, blkio_stats: io } = stats;
  const used = (cpu?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0);
  const passed = (cpu?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
  const processors = cpu?.online_cpus || cpu?.cpu_usage?.percpu_usage?.length || 1;
  // Memory that the kernel can free at once does not count.
  const { inactive_file: v2 = 0, total_inactive_file: v1 = v2 } = (memory?.stats ?? {}) as unknown as Record<
    string,
    number | undefined
  >;
  const entries = (io?.io_service_bytes_recursive ?? []) as readonly { op?: string; value?: number }[];
  const bytes = (op: string) =>
    entries.reduce((sum, entry) => sum + (entry.op?.toLowerCase() === op ? (entry.value ?? 0) : 0), 0);
  const interfaces = Object.values(networks ?? {});
  return {
    id: stats.id ?? '',
    name: nameOf(stats.name ?? ''),
    cpuPercent: passed > 0 && used > 0 ? Math.round((used / passed) * processors * 10_000) / 100 : 0,
    memoryBytes: Math.max(0, (memory?.usage ?? 0) - v1),
    memoryLimitBytes: memory?.limit ?? 0,
    networkReceivedBytes: interfaces.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
    networkSentBytes: interfaces.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
    blockReadBytes: bytes('read'),
    blockWrittenBytes: bytes('write'),
    processes: stats.pids_stats?.current ?? 0,
  };
}
