import type { Engine } from '../engine/engine.js';
import { ask } from './failure.js';

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

/** An engine that takes longer to say who it is does not delay the agent's start, milliseconds. */
const startMs = 2000;

/** What `DockerInfo` tells. @throws AgentFailure */
export async function infoOf(engine: Engine, signal: AbortSignal) {
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

/** What the agent's hello says of its engine: `docker/VERSION`, or nothing where there is none. */
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
