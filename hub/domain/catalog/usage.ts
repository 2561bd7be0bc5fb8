import { ask } from '../agents/answer.js';
import type { Fleet } from '../agents/fleet.js';
import { optional, type Shape } from '../agents/shape.js';
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
      const [told] = (await ask<{ stats: Told[] }>(fleet, agentId, operation, { stats: [figures] }, options)).stats;
      return { ...numbers(told), uptimeSeconds };
    }
    const shape = { servers: [{ ...figures, serverId: 'text' }] } as const;
    const operation = { case: 'measureUsage', value: {} } as const;
    const { servers } = await ask<{ servers: (Told & { serverId: string })[] }>(
      fleet,
      agentId,
      operation,
      shape,
      options,
    );
    return { ...numbers(servers.find((server) => server.serverId === id)), uptimeSeconds };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { ...numbers(undefined), uptimeSeconds };
  }
}

/** An agent's figures; figures that the site cannot tell are absent. */
interface Told {
  readonly cpuPercent?: number;
  readonly memoryBytes?: number;
}

const figures: Shape<Told> = { cpuPercent: optional('number'), memoryBytes: optional('number') };

function numbers({
  cpuPercent = null,
  memoryBytes = null,
}: Partial<Pick<ServerUsage, 'cpuPercent' | 'memoryBytes'>> = {}) {
  return { cpuPercent, memoryBytes };
}
