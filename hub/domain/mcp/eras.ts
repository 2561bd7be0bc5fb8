import type { Fleet } from '../agents/fleet.js';
import type { ClientEnvelope } from '../agents/fleet-mcp.js';
import type { ObservedServers } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import { handshakeOf } from './clients/handshake.js';

/** The protocol version without sessions. */
const STATELESS = '2026-07-28';
/** What agents have that pass its requests on as they are. */
const CAPABILITY = 'mcp.stateless';

/** What a tool call of protocol version 2026-07-28 says of itself, on its way to a server that speaks it too. */
export interface StatelessCall {
  readonly envelope: ClientEnvelope;
  /** What its params hold beside name, arguments and `_meta` (a JSON object); absent for nothing. */
  readonly more?: string | undefined;
}

/** Whether a server gets requests of protocol version 2026-07-28 as they are: it spoke that version when it was connected last, and its agent knows how. */
export function takesStateless(
  { observed, fleet }: { readonly observed: ObservedServers; readonly fleet: () => Fleet },
  { id, agentId }: ServerRecord,
): boolean {
  if (handshakeOf(observed.get(id)).protocolVersion !== STATELESS) return false;
  return fleet().agent(agentId)?.capabilities.includes(CAPABILITY) ?? false;
}
