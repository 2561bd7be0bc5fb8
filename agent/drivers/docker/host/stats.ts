import type { ContainerStats } from 'dockerode';
import type { Docker } from '../docker.js';
import { isMissing } from '../engine/engine.js';
import { type HostContainers, nameOf } from './containers.js';
import { ask } from './failure.js';

/** Each takes the engine a second or two. */
const mostAtOnce = 50;

/** What containers use right now. @throws AgentFailure */
export async function statsOf(docker: Docker, containers: HostContainers, container: string, signal: AbortSignal) {
  const ids = container === '' ? await running(docker, signal) : [(await containers.find(container, signal)).id];
  const stats = await Promise.all(ids.slice(0, mostAtOnce).map((id) => one(docker, id, signal)));
  return { stats: stats.filter((found) => found !== undefined), total: ids.length };
}

async function running({ engine }: Docker, signal: AbortSignal): Promise<string[]> {
  const list = async (abortSignal: AbortSignal) => (await engine.client()).listContainers({ abortSignal });
  return (await ask(engine, 'list containers', list, { signal })).map(({ Id }) => Id);
}

/** `undefined` if the container is gone meanwhile. */
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

/** A container that does not run has hardly any numbers: they are 0. */
function numbersOf(stats: ContainerStats & { readonly name?: string; readonly id?: string }) {
  const { cpu_stats: cpu, precpu_stats: before, memory_stats: memory, networks, blkio_stats: io } = stats;
  const used = (cpu?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0);
  const passed = (cpu?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
  const processors = cpu?.online_cpus || cpu?.cpu_usage?.percpu_usage?.length || 1;
  // What the kernel would give back at once is not in use.
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
