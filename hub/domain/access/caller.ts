import { createHmac, randomBytes } from 'node:crypto';

/** The five APIs. If several define a path, the first of them serves it. */
export const apiNames = ['automation', 'infrastructure', 'portal', 'connect', 'backend'] as const;
export type ApiName = (typeof apiNames)[number];
/** The way of a request into the hub: the APIs, which issue credentials, and MCP, which takes them. */
export type Door = ApiName | 'mcp';

/** Roles, each containing the ones before it. */
export const roles = ['viewer', 'user', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Rate-limit tiers of API keys (`seeds/003`, "Rate Limits"). */
export const tiers = ['free', 'pro', 'enterprise'] as const;
export type Tier = (typeof tiers)[number];

/** Narrows a key's reach. An absent list means "all"; servers and groups are ids. */
export interface Grants {
  readonly servers?: readonly string[];
  readonly groups?: readonly string[];
  readonly tools?: readonly string[];
  readonly sites?: readonly string[];
}

/** The user or key of a request, once the credential is verified. */
export interface Caller {
  readonly kind: 'user' | 'api_key';
  /** The user's or the key's id. */
  readonly id: string;
  /** The user's or the key's name, for audit and logs. */
  readonly name: string;
  /** The id of the user: the user itself, or the owner of the key; `null` for a key without a user. */
  readonly userId: string | null;
  readonly role: Role;
  /** The API that issued the credential; `null` for keys of no API. */
  readonly api: ApiName | null;
  /** `null` for users: they have no tier bucket. */
  readonly tier: Tier | null;
  readonly grants: Grants | null;
  /** The caller with whom a key counts towards limits; absent: the key counts by itself. See {@link payerOf}. */
  readonly countedAs?: string;
  /** The user's `credentialVersion` when the user signed in; absent for keys, and for persons whom only their identity provider knows. */
  readonly credentialVersion?: number;
  /** The key has grants for tools, which `grants` leaves out here because they name this tool of the hub: the key is narrowed all the same. */
  readonly ofTools?: true;
  /** Other callers read the results of this caller, as in the run of a workflow: it sees no personal things, not even its own. */
  readonly sharedOnly?: true;
}

/** The caller of a request, and the origin: an audit entry begins with them. */
export interface RequestOrigin {
  readonly caller: Caller | null;
  readonly ip: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly api: Door | null;
  /** When the request came, by `performance.now()`; absent for actions without a request. */
  readonly startedAt?: number;
  /**
   * For a step of a run: records the agent that gets a command which must not take effect twice, and gives the name of the command in the
   * agent's journal. @throws DomainError `conflict` if the agent can no longer give the outcome of an earlier attempt
   */
  readonly sendingOnce?: (agentId: string) => Promise<string>;
  /** For a step that begins again after a stop of the hub: the name of the first command that it may have sent. */
  readonly sentBefore?: string | undefined;
}

/** The unit that limits count: a caller together with the keys that it made for itself. New keys do not raise the limits of a caller. */
export function payerOf({ kind, id, countedAs }: Pick<Caller, 'kind' | 'id' | 'countedAs'>): string {
  return countedAs ?? `${kind}:${id}`;
}

/** Whether `role` includes `least`. */
export function atLeast(role: Role, least: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(least);
}

/** The weaker of two roles. */
export function lesserRole(a: Role, b: Role): Role {
  return atLeast(a, b) ? b : a;
}

/** A caller as later work stores it: the result of the credential's verification, without the credential. */
export function keptCaller({ kind, id, name, userId, role, api, tier, grants, ...more }: Caller): Caller {
  const { countedAs, credentialVersion } = more;
  return {
    ...{ kind, id, name, userId, role, api, tier, grants },
    ...(countedAs === undefined ? {} : { countedAs }),
    ...(credentialVersion === undefined ? {} : { credentialVersion }),
  };
}

/** New in each run of the hub: a mark reveals no id, and identifies no caller after a restart. */
const secret = randomBytes(32);
const bytes = 12;

const made = new WeakMap<Caller, string>();

/** A mark by which agents tell callers apart: the same for all requests of one caller, and different for every other caller. */
export function markOf(caller: Caller): string {
  const known = made.get(caller);
  if (known !== undefined) return known;
  const digest = createHmac('sha256', secret)
    .update(JSON.stringify([caller.kind, caller.id]))
    .digest();
  const mark = digest.subarray(0, bytes).toString('base64url');
  made.set(caller, mark);
  return mark;
}
