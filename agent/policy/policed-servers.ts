import { create } from '@bufbuild/protobuf';
import {
  type ServerReport,
  ServerReportSchema,
  type ServerSpec,
  ServerSpecSchema,
  ServerState,
} from '@roundhouse/proto/agent/v1/server';
import type { Servers } from '../drivers/mcp/servers.js';
import { checkSpec } from '../drivers/mcp/spec.js';
import type { ToolListing } from '../drivers/mcp/tool-listing.js';
import type { Versions } from '../drivers/mcp/versions.js';
import { type AgentFailure, refusedBySite } from '../failure.js';
import { overriding } from '../overriding.js';
import type { Policy } from './policy.js';

/** A server that this site does not allow. */
export interface RefusedServer {
  readonly serverId: string;
  readonly reason: string;
}

/** The servers of an agent under its site's policy. */
interface PolicedServers {
  readonly servers: Servers;
  /**
   * Applies another policy: servers and instances that it forbids end, and servers that it allows now start.
   * @throws the first failure, after the policy has been applied to all servers. A server whose change failed ends.
   */
  enforce(policy: Policy): void;
}

/**
 * The servers of an agent, as far as the site's policy allows them. A server that the policy forbids is known, and its log can be read, but
 * it is never connected: its state is `error`, with the reason.
 */
export function policeServers(
  servers: Servers,
  policy: Policy,
  onRefused: (refused: RefusedServer) => void,
): PolicedServers {
  const judge = new Judge(servers, policy, onRefused);
  return {
    enforce: (next) => judge.enforce(next),
    servers: overriding(servers, {
      setDesired: (specs) => servers.setDesired(judge.takeAll(specs)),
      put(spec) {
        checkSpec(spec);
        return judge.shown(servers.put(judge.take(spec)));
      },
      remove(serverId) {
        judge.forget(serverId);
        return servers.remove(serverId);
      },
      async connect(serverId, signal) {
        judge.check(serverId);
        return servers.connect(serverId, signal);
      },
      async authorize(serverId, query) {
        judge.check(serverId);
        return servers.authorize(serverId, query);
      },
      async switch(spec, options) {
        checkSpec(spec);
        const reason = judge.refusal(spec);
        if (reason !== undefined) throw refusedBySite(reason);
        const swapped = () => {
          // The policy may have changed meanwhile.
          const allowed = judge.take(spec);
          if (allowed !== spec) servers.put(allowed);
          options.swapped?.();
        };
        return judge.shown(await servers.switch(spec, { ...options, swapped }));
      },
      async openSecond(serverId, options) {
        judge.check(serverId, options.version);
        return servers.openSecond(serverId, options);
      },
      refusedTool: (serverId, tool, tools) => judge.call(serverId, tool, tools),
      versions: policeVersions(servers.versions, (serverId, version) => judge.check(serverId, version)),
      async disconnect(...args) {
        return judge.shown(await servers.disconnect(...args));
      },
      callTool(serverId, tool, args, options) {
        const reason = judge.reason(serverId);
        if (reason !== undefined) return Promise.reject(refusedBySite(reason));
        const refused = (tools: ToolListing) => judge.call(serverId, tool, tools);
        return servers.callTool(serverId, tool, args, { ...options, refused });
      },
      async request(serverId, ...rest) {
        judge.check(serverId);
        return servers.request(serverId, ...rest);
      },
      reports: () => servers.reports().map((report) => judge.shown(report)),
      onReport: (listener) => servers.onReport((report) => listener(judge.shown(report))),
    }),
  };
}

/**
 * Decides which actions of servers are allowed. It judges the specification that the agent would run, with the policy of now: it keeps no
 * specification itself.
 */
class Judge {
  readonly #servers: Servers;
  readonly #onRefused: (refused: RefusedServer) => void;
  /** The reported refusals, by the servers that the hub wants to be connected. Reports show them, and nothing else asks for them. */
  readonly #held = new Map<string, string>();
  /** The judgements of the present policy. No specification changes. */
  #judged = new WeakMap<ServerSpec, { readonly reason: string | undefined }>();
  /** The tools of a list that declare that they change nothing. */
  readonly #readOnlyTools = new WeakMap<ToolListing, ReadonlySet<string>>();
  #policy: Policy;

  constructor(servers: Servers, policy: Policy, onRefused: (refused: RefusedServer) => void) {
    this.#servers = servers;
    this.#policy = policy;
    this.#onRefused = onRefused;
    servers.judgeBy((spec) => this.refusal(spec));
  }

  enforce(policy: Policy): void {
    this.#policy = policy;
    this.#judged = new WeakMap();
    this.#servers.judgeBy((spec) => this.refusal(spec));
    const failures: unknown[] = [];
    for (const { serverId } of this.#servers.reports()) {
      try {
        this.#apply(serverId);
      } catch (error) {
        failures.push(error);
        this.#servers.disconnect(serverId).catch(() => {});
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  takeAll(specs: readonly ServerSpec[]): ServerSpec[] {
    const listed = new Set(specs.map(({ id }) => id));
    for (const id of [...this.#held.keys()]) if (!listed.has(id)) this.#held.delete(id);
    return specs.map((spec) => this.take(spec));
  }

  /** A specification as far as it is allowed. */
  take(spec: ServerSpec): ServerSpec {
    const reason = this.refusal(spec);
    if (reason === undefined) {
      this.#held.delete(spec.id);
      return spec;
    }
    if (!spec.connected) this.#held.delete(spec.id);
    else if (this.#held.get(spec.id) !== reason) {
      this.#held.set(spec.id, reason);
      this.#onRefused({ serverId: spec.id, reason });
    }
    return create(ServerSpecSchema, { ...spec, connected: false });
  }

  forget(serverId: string): void {
    this.#held.delete(serverId);
  }

  /**
   * @param version the exact version to run its source in, in place of its own. `latest` is a version like any other: a repository or an
   * image may have a tag of that name.
   * @throws AgentFailure `refused`, or `not_found`.
   */
  check(serverId: string, version?: string): void {
    const spec = this.#servers.spec(serverId);
    const reason = this.refusal(version === undefined ? spec : { ...spec, version });
    if (reason !== undefined) throw refusedBySite(reason);
  }

  /** Why a specification is not allowed; `undefined` if it is allowed. */
  refusal(spec: ServerSpec): string | undefined {
    let judged = this.#judged.get(spec);
    if (judged === undefined) {
      judged = { reason: this.#policy.server(spec) };
      this.#judged.set(spec, judged);
    }
    return judged.reason;
  }

  /** Why a server may not run; `undefined` if it may, or is not known. */
  reason(serverId: string): string | undefined {
    return this.#servers.has(serverId) ? this.refusal(this.#servers.spec(serverId)) : undefined;
  }

  /** Why a tool may not be called; `undefined` if it may. `tools`: the list of the instance that would be called. */
  call(serverId: string, tool: string, tools: ToolListing): AgentFailure | undefined {
    const reason = this.reason(serverId);
    if (reason !== undefined) return refusedBySite(reason);
    if (!this.#policy.readOnly || this.#isReadOnly(tools, tool)) return undefined;
    return refusedBySite(`this site is read-only, and the tool '${tool}' does not say that it changes nothing`);
  }

  /** A report as the hub gets it: a refused server has the state `error`. */
  shown(report: ServerReport): ServerReport {
    const reason = this.#held.get(report.serverId);
    if (reason === undefined) return report;
    return create(ServerReportSchema, { ...report, state: ServerState.ERROR, error: `refused: ${reason}` });
  }

  /** Ends a server that the policy forbids. A server that was held back starts if the policy allows it. */
  #apply(serverId: string): void {
    const spec = this.#servers.spec(serverId);
    const isHeld = this.#held.has(serverId);
    const allowed = this.take(isHeld ? create(ServerSpecSchema, { ...spec, connected: true }) : spec);
    if (isHeld || this.refusal(spec) !== undefined) this.#servers.put(allowed);
  }

  #isReadOnly(listing: ToolListing, tool: string): boolean {
    let tools = this.#readOnlyTools.get(listing);
    if (!tools) {
      tools = new Set(listing.tools.filter(({ definition }) => saysReadOnly(definition)).map(({ name }) => name));
      this.#readOnlyTools.set(listing, tools);
    }
    return tools.has(tool);
  }
}

function saysReadOnly(definition: Uint8Array): boolean {
  const { annotations } = JSON.parse(Buffer.from(definition).toString()) as {
    annotations?: { readOnlyHint?: unknown } | null;
  };
  return annotations?.readOnlyHint === true;
}

/**
 * The versions of servers' sources, as far as the site's policy allows them: an installation runs a package's own scripts.
 * @param check throws AgentFailure `refused` where a server may not run (in this version, where one is given).
 */
function policeVersions(versions: Versions, check: (serverId: string, version?: string) => void): Versions {
  return overriding(versions, {
    async check(serverId, signal) {
      check(serverId);
      return versions.check(serverId, signal);
    },
    async exact(serverId, version, signal) {
      check(serverId);
      return versions.exact(serverId, version, signal);
    },
    async download(serverId, version, ...rest) {
      check(serverId, version);
      return versions.download(serverId, version, ...rest);
    },
    async install(serverId, version, ...rest) {
      check(serverId, version);
      return versions.install(serverId, version, ...rest);
    },
    async verify(serverId, version, signal) {
      check(serverId, version);
      return versions.verify(serverId, version, signal);
    },
  });
}

/** The report to the hub about a server that the site's policy refuses, for its audit log. */
export interface Refusal {
  readonly level: 'warn';
  readonly serverId: string;
  readonly message: string;
  readonly topic: 'policy.refused';
}

/** Reports refusals to the hub. While the hub is away, the last refusal of each server is kept, and reported when the hub is back. */
export class Refusals {
  readonly #tell: (refusal: Refusal) => void;
  readonly #untold = new Map<string, Refusal>();
  #connected = false;

  constructor(tell: (refusal: Refusal) => void) {
    this.#tell = tell;
  }

  take(serverId: string, message: string): void {
    const refusal: Refusal = { level: 'warn', serverId, message, topic: 'policy.refused' };
    if (this.#connected) this.#tell(refusal);
    else this.#untold.set(serverId, refusal);
  }

  connected(connected: boolean): void {
    this.#connected = connected;
    if (!connected) return;
    for (const refusal of this.#untold.values()) this.#tell(refusal);
    this.#untold.clear();
  }
}
