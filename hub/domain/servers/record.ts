import { secretScope } from '../audit/redactor.js';
import { collection } from '../store.js';
import type { Auth, Transport } from './transport.js';

/** Registration and desired state of an MCP server. */
export interface ServerRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly transport: Transport;
  readonly auth: Auth;
  /** JSON of {@link Secrets}, sealed; `null` where there are none. */
  readonly sealedSecrets: string | null;
  readonly healthCheck: HealthCheck;
  readonly rateLimits: RateLimits;
  /** The limits that the registration sets. */
  readonly limits?: Partial<CallLimits>;
  /** The tools whose answers the hub may keep; `null` for none. */
  readonly cache: CachePolicy | null;
  readonly metadata: Metadata;
  readonly groupId: string | null;
  /** The owner: only the owner and admins see and use the server; absent: it is shared. */
  readonly ownerId?: string;
  /** The agent's action when the process ends by itself; absent: the agent always starts it again. */
  readonly restartPolicy?: RestartPolicy;
  /** A disabled server is never connected. */
  readonly enabled: boolean;
  /** Desired state: whether it should be connected. */
  readonly wanted: boolean;
  readonly site: string;
  /** The agent that it is pinned to. */
  readonly agentId: string;
  /** The payer (`payerOf`) whose share of the agent's room it takes; absent for a caller with role admin, the hub, and servers of earlier versions. */
  readonly countedAs?: string;
  /** The chosen version of its source, in place of the version in the command; absent: as the command says. */
  readonly version?: string;
  /** The source of that version: the version stays chosen as long as the command line names this source; see `versionPin`. */
  readonly versionOf?: string;
  /** Set from the decision on a switch to another version until the switch is done or taken back. */
  readonly switching?: Switching;
  /** The definition, and its version, that the server was registered from. */
  readonly definition?: DefinitionOrigin;
  /** Ids of the external databases that its environment names. */
  readonly databases?: readonly string[];
  /** Grows by one with every change. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface DefinitionOrigin {
  readonly id: string;
  readonly versionId: string;
}

/** A switch that is under way: the wanted version is the new one. */
export interface Switching {
  /** `null` where nothing ran yet. */
  readonly from: string | null;
  readonly to: string;
  /** The source of both versions; see `versionPin`. */
  readonly of: string;
  /** The job that makes the switch and reports its outcome. */
  readonly jobId: string;
}

/** `unless-stopped` means `always`: a stopped server stays stopped under every policy. */
export const restartPolicies = ['always', 'unless-stopped', 'on-failure', 'no'] as const;
export type RestartPolicy = (typeof restartPolicies)[number];

/** Intervals in milliseconds (`seeds/003`, `POST /api/servers`). */
export interface HealthCheck {
  readonly enabled: boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** Calls allowed per window; `null` for no limit. */
export interface RateLimits {
  readonly requestsPerMinute: number | null;
  readonly requestsPerDay: number | null;
}

/** Tools whose answers depend only on their arguments, and how many seconds the hub keeps these answers. */
export interface CachePolicy {
  readonly tools: Readonly<Record<string, { readonly ttlSeconds: number }>>;
}

export interface Metadata {
  readonly category: string | null;
  readonly tags: readonly string[];
  readonly version: string | null;
  /** Where its metrics are, at the host of its URL, for service discovery; absent or `null` if it has none. */
  readonly metricsPath?: string | null;
}

export const serverRecords = collection<ServerRecord>(
  'servers',
  'server',
  {
    // Shared servers have one set of names, and each owner of personal servers has another.
    owned_name: { of: ({ ownerId = '', name }) => [ownerId, name.toLowerCase()], unique: true, field: 'name' },
    agent: { of: (server) => server.agentId },
    group: { of: (server) => server.groupId ?? undefined },
  },
  {
    sealed: (server) =>
      server.sealedSecrets === null ? undefined : { text: server.sealedSecrets, scope: secretScope(server) },
  },
);

/** How many calls one server may get at a time; the agent enforces it. */
export interface CallLimits {
  readonly maxConcurrentCalls: number;
  /** Calls that wait for a place; beyond that they are refused. 0: none may wait. */
  readonly maxQueue: number;
  /** A larger result fails its call. */
  readonly maxResultBytes: number;
  /** Calls that may start within a second, with bursts of as many; `null` for no limit. */
  readonly callsPerSecond: number | null;
}

const defaultCallLimits: CallLimits = {
  maxConcurrentCalls: 256,
  maxQueue: 1024,
  maxResultBytes: 32 * 1024 * 1024,
  callsPerSecond: null,
};

/** The limits of a registration; an absent limit is the default. */
export function callLimits({ limits }: { readonly limits?: Partial<CallLimits> | undefined }): CallLimits {
  return { ...defaultCallLimits, ...limits };
}

/**
 * The source of a chosen version: the word of the command line that names the package, or the whole line if no word does. The version
 * stays chosen as long as the command line names this source.
 */
function versionPin(transport: Transport, sourceName: string): string {
  if (transport.type !== 'stdio') return '';
  const wanted = plain(sourceName);
  const word = wanted === '' ? undefined : transport.args.find((arg) => plain(arg).includes(wanted));
  return word ?? wholeLine(transport);
}

/** The source of the version of a registration that may have a chosen version already. */
export function pinOf(
  { transport, versionOf }: { readonly transport: Transport; readonly versionOf?: string },
  sourceName: string,
): string {
  return versionOf !== undefined && isPinned(transport, versionOf) ? versionOf : versionPin(transport, sourceName);
}

/** Whether a command line still names the source of {@link versionPin}. */
export function isPinned(transport: Transport, pin: string): boolean {
  return transport.type === 'stdio' && (transport.args.includes(pin) || wholeLine(transport) === pin);
}

/** Registries treat `MCP_server.time` and `mcp-server-time` as one name. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

function wholeLine({ command, args }: Extract<Transport, { type: 'stdio' }>): string {
  return JSON.stringify([command, ...args]);
}
