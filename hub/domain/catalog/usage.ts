import { readAnswer } from '../agents/answer.js';
import type { Fleet } from '../agents/fleet.js';
import { DomainError } from '../errors.js';
import type { Observation } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';

/** A running server's current use; `null` for figures that its site cannot tell. */
export interface ServerUsage {
  /** 100 is one processor. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  /** Seconds since it was connected. */
  readonly uptimeSeconds: number;
}

/**
 * How long an agent may take, milliseconds. The whole answer may take 3 s (`seeds/002`), and the fleet waits half a second longer than
 * this.
 */
const TIMEOUT_MS = 2400;

/** Asks a server's agent how much the server uses: a container's figures, or the figures of its processes. `null` if it does not run. */
export async function measureServer(
  fleet: Fleet,
  { id, agentId }: ServerRecord,
  { state, containerId, connectedSinceMs }: Observation,
): Promise<ServerUsage | null> {
  if (state !== 'connected') return null;
  const uptimeSeconds = connectedSinceMs === 0 ? 0 : Math.max(0, Math.floor((Date.now() - connectedSinceMs) / 1000));
  const options = { kind: 'read', timeoutMs: TIMEOUT_MS } as const;
  try {
    if (containerId !== '') {
      const operation = { case: 'containerStats', value: { container: containerId } } as const;
      const [stats] = listIn<Told>(readAnswer(await fleet.execute(agentId, operation, options)), 'stats');
      return { ...numbers(stats), uptimeSeconds };
    }
    const reply = await fleet.execute(agentId, { case: 'measureUsage', value: {} }, options);
    const servers = listIn<Told>(readAnswer(reply), 'servers');
    return { ...numbers(servers.find((server) => server?.serverId === id)), uptimeSeconds };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { ...numbers(undefined), uptimeSeconds };
  }
}

/** An element of an agent's answer, which may be anything. */
type Told = (Partial<ServerUsage> & { readonly serverId?: string }) | null | undefined;

function listIn<T>(answer: object, name: string): readonly T[] {
  const list = (answer as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(list) ? list : [];
}

function numbers(told: Told) {
  const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null);
  return { cpuPercent: number(told?.cpuPercent), memoryBytes: number(told?.memoryBytes) };
}
