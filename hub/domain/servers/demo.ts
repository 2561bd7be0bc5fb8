import { SYSTEM } from '../audit/audit.js';
import { DomainError } from '../errors.js';
import { collection, put, type Store } from '../store.js';
import type { Servers } from './servers.js';

/** Kept once the demo server was registered, so that it does not come back after a user deletes it. */
const milestones = collection<{ readonly id: string; readonly at: number }>('milestones', 'milestone');
const DEMO_MILESTONE = 'demo-server';

/** The reference server of the MCP project: small, harmless, and with a tool of every kind. */
const DEMO_SERVER = {
  name: 'demo',
  description: 'The MCP reference server, for trying Roundhouse out',
  transport: { type: 'stdio', command: 'npx', args: ['-y', '@modelcontextprotocol/server-everything@2026.8.31'] },
  metadata: { category: 'demo', tags: ['demo'] },
} as const;

/** Registers the demo server at a site and wants it connected; only the first time. */
export async function registerDemoServer(store: Store, servers: Servers, site: string): Promise<void> {
  if (store.get(milestones, DEMO_MILESTONE)) return;
  await store.apply({ writes: [put(milestones, { id: DEMO_MILESTONE, at: Date.now() })] });
  try {
    await servers.create(SYSTEM, { ...DEMO_SERVER, site });
    await servers.setWanted(SYSTEM, DEMO_SERVER.name, true);
  } catch (error) {
    // The user has a server of this name already, and needs no demo.
    if (!(error instanceof DomainError && error.code === 'already_exists')) throw error;
  }
}
