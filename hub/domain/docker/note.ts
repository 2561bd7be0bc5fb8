import type { ConnectedAgent } from '../agents/fleet.js';
import { changeAudit, type RequestOrigin } from '../audit/audit.js';
import type { Store } from '../store.js';

/** A change at an engine. */
export interface Changed {
  /** Such as `container.stop`; its first word is the resource's kind. */
  readonly action: string;
  readonly id: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Writes the entry of a change that succeeded, on disk before the answer. The engine keeps the state; the hub keeps who changed it. */
export async function noteChange(
  store: Pick<Store, 'apply'>,
  origin: RequestOrigin,
  { site, name: agent }: ConnectedAgent,
  { action, id, details }: Changed,
): Promise<void> {
  const [type = action] = action.split('.', 1);
  await store.apply({ writes: [changeAudit(origin, action, { type, id }, { ...details, site, agent })] });
}
