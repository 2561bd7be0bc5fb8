import type { ContainerInfo, ContainerInspectInfo, Port } from 'dockerode';
import { labels } from '../engine/containers.js';

/** A container as `ListContainers` tells it. */
export function summaryOf({ Id: id, Names, Image, State, Status, Created, Ports, Labels }: ContainerInfo) {
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

/** A container as `InspectContainer` tells it: of its environment the names only, for the values may be secrets. */
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

/** What there is of a container for whoever changes it: `{id, name, state, changed}`. */
export function outcomeOf(
  { id, name }: { readonly id: string; readonly name: string },
  state: string,
  changed: boolean,
) {
  return { id, name, state, changed };
}

/** The engine writes names with a slash before them. */
export function nameOf(name: string): string {
  return name.replace(/^\//, '');
}

/** The engine's way to say never is the year 1. */
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
