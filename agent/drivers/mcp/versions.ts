import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { AgentFailure } from '../../failure.js';
import type { Downloaded, InstalledVersion } from '../sources/registry.js';
import type { ServerSource, SourceCheck } from '../sources/server-source.js';
import type { OpeningContext } from './connection/link.js';
import type { SecondInstances } from './instances/second-instance.js';

/** The result of starting a version in addition to the running one. */
export interface Verified {
  readonly version: string;
  readonly protocolVersion: string;
  /** As the server sent it. */
  readonly serverInfo: unknown;
  /** The complete definitions, each the text of a JSON object. */
  readonly tools: readonly string[];
  /** From the start to the answer to `initialize`, milliseconds. */
  readonly startMs: number;
}

/** The versions of the servers' sources. All throw AgentFailure: `not_found` (server), `invalid_argument` (a server without a source; a version). */
export interface Versions {
  /** Asks the source's registry. @throws AgentFailure `upstream`, `cancelled` */
  check(serverId: string, signal: AbortSignal): Promise<SourceCheck>;
  /** The exact version that a version or `latest` stands for; for `latest` it asks the source's registry. @throws AgentFailure `upstream`, `cancelled` */
  exact(serverId: string, version: string, signal: AbortSignal): Promise<string>;
  /**
   * Fetches an exact version, so that its installation needs no network.
   * @param anyCommit see `DownloadSource`
   * @throws AgentFailure `upstream`, `cancelled`, `refused`
   */
  download(serverId: string, version: string, signal: AbortSignal, anyCommit?: boolean): Promise<Downloaded>;
  /**
   * Installs a version in addition to the others.
   * @param anyCommit see `DownloadSource`
   * @throws AgentFailure `upstream`, `refused`
   */
  install(
    serverId: string,
    version: string,
    anyCommit?: boolean,
  ): Promise<{ readonly version: string; readonly already: boolean }>;
  /** Starts an installed version in addition to the running one, reads its tools, and ends it. @throws AgentFailure as for a connect */
  verify(serverId: string, version: string, signal: AbortSignal): Promise<Verified>;
  /** The installed versions, newest installation first; `current` as in {@link SourceCheck}. */
  list(serverId: string): Promise<{ readonly current: string | null; readonly installed: readonly InstalledVersion[] }>;
  /** Removes an installed version. @throws AgentFailure `refused` for a version that is used or kept */
  remove(serverId: string, version: string): Promise<{ readonly removed: boolean; readonly bytes: number }>;
  /** Says which versions stay for rollbacks. */
  keep(serverId: string, versions: readonly string[]): Promise<void>;
}

/** @param find the specification of a server. @throws AgentFailure `not_found` */
export function createVersions(
  find: (serverId: string) => ServerSpec,
  context: Pick<OpeningContext, 'logs' | 'sources'>,
  seconds: Pick<SecondInstances, 'open'>,
): Versions {
  const source = (spec: ServerSpec): ServerSource => {
    const note = (message: string) => context.logs.open(spec.id).append({ level: 'info', source: 'agent', message });
    const { transport, version } = spec;
    const { command, args } = transport.case === 'stdio' ? transport.value : { command: '', args: [] };
    const found = context.sources.source({ serverId: spec.id, command, args, version }, note);
    if (found !== undefined) return found;
    const reason = 'its command names no package, repository or image with versions';
    throw new AgentFailure('invalid_argument', `the server '${spec.name}' has no source: ${reason}`, {
      field: 'server_id',
      reason,
    });
  };
  const of = (serverId: string) => source(find(serverId));
  return {
    check: async (serverId, signal) => of(serverId).check(signal),
    exact: async (serverId, version, signal) => of(serverId).exact(version, signal),
    download: async (serverId, version, signal, anyCommit) => of(serverId).download(version, signal, anyCommit),
    install: async (serverId, version, anyCommit) => of(serverId).install(version, anyCommit),
    async verify(serverId, version, signal) {
      const spec = find(serverId);
      await source(spec).needInstalled(version);
      const instance = await seconds.open(spec, { version, signal });
      try {
        const { tools } = await instance.connection.readTools(signal);
        const { protocolVersion, serverInfo } = JSON.parse(Buffer.from(instance.initializeResult).toString()) as {
          protocolVersion: string;
          serverInfo?: unknown;
        };
        return {
          version,
          protocolVersion,
          serverInfo: serverInfo ?? null,
          tools: tools.map(({ definition }) => Buffer.from(definition).toString()),
          startMs: instance.startMs,
        };
      } finally {
        await instance.close();
      }
    },
    async list(serverId) {
      const found = of(serverId);
      return { current: (await found.current()) ?? null, installed: await found.installed() };
    },
    remove: async (serverId, version) => of(serverId).remove(version),
    keep: async (serverId, versions) => of(serverId).keep(versions),
  };
}
