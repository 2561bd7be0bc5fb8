import { AgentFailure } from '../../failure.js';
import { compareVersions, isBreaking } from './order.js';
import type { KeptVersions, Resolutions, Usage } from './records.js';
import type { Changes, CommitTrust, Downloaded, InstalledVersion, Registry } from './registry.js';

/** The versions that a registry offers a server. */
export interface SourceCheck extends Changes {
  readonly kind: string;
  readonly name: string;
  /** The version that runs, or ran last; `null` if it is not known. */
  readonly current: string | null;
  readonly latest: string;
  /** Newest first, at most 50. */
  readonly versions: readonly string[];
  /** The major version grows from `current` to `latest`. */
  readonly breaking: boolean;
  readonly digest?: { readonly current: string; readonly latest: string } | undefined;
}

/** The parts that the sources of all servers share. */
export interface SourceParts {
  readonly usage: Usage;
  readonly kept: KeptVersions;
  readonly resolutions: Resolutions;
  /** Makes the agent wait for this work when it stops. */
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  /** Aborted when the agent stops. */
  readonly stopping: AbortSignal;
}

const mostVersions = 50;

/** The source of one server: its versions at the registry, and its installed versions. */
export class ServerSource {
  constructor(
    private readonly serverId: string,
    /** The version that the server's specification names, or empty. */
    private readonly chosen: string,
    private readonly registry: Registry,
    private readonly parts: SourceParts,
  ) {}

  /** The version that the server runs, or would be started with; `undefined` before the first start of a server that names none. */
  async current(): Promise<string | undefined> {
    const { registry, parts } = this;
    const version = this.chosen || registry.exact();
    return version ?? (await parts.resolutions.get(this.serverId, registry.key));
  }

  /** @throws AgentFailure `upstream` with the registry's reason, `cancelled`. */
  check(signal: AbortSignal): Promise<SourceCheck> {
    return this.#run((either) => this.#check(either), signal);
  }

  /** The exact version that a version or `latest` stands for. @throws AgentFailure as {@link ServerSource.check}. */
  async exact(version: string, signal: AbortSignal): Promise<string> {
    if (version !== 'latest') return version;
    const offered = async (either: AbortSignal) => this.registry.versions(await this.current(), either);
    return (await this.#run(offered, signal)).latest;
  }

  /**
   * @param version an exact one
   * @param anyCommit see `DownloadSource`
   */
  async download(version: string, signal: AbortSignal, anyCommit = false): Promise<Downloaded> {
    this.registry.check(version);
    return this.#run((either) => this.registry.download(version, either, trustOf(anyCommit)), signal);
  }

  install(version: string, anyCommit = false): Promise<{ readonly version: string; readonly already: boolean }> {
    return this.parts.track(this.#install(version, trustOf(anyCommit)));
  }

  /** @throws AgentFailure `invalid_argument` for a version that is not installed. */
  async needInstalled(version: string): Promise<void> {
    this.registry.check(version);
    if (await this.registry.has(version)) return;
    const reason = `version ${version} of ${this.registry.name} is not installed`;
    throw new AgentFailure('invalid_argument', reason, { field: 'version', reason });
  }

  /** Newest installation first. */
  async installed(): Promise<InstalledVersion[]> {
    const found = await this.registry.list();
    return found.sort((a, b) => b.installedAt.getTime() - a.installedAt.getTime());
  }

  /**
   * Removes an installed version. If only an instance that finishes its last calls uses it, the version is removed after those calls; this
   * function does not wait for them, and `removed` is false. @throws AgentFailure `refused` for a version that runs, or is kept for a rollback.
   */
  remove(version: string): Promise<{ readonly removed: boolean; readonly bytes: number }> {
    return this.parts.track(this.#remove(version));
  }

  /** Sets which versions stay for rollbacks, in place of the earlier ones. */
  async keep(versions: readonly string[]): Promise<void> {
    for (const version of versions) this.registry.check(version);
    const places = versions.map((version) => this.registry.place(version));
    await this.parts.kept.set(this.serverId, { versions: [...new Set(versions)], places });
  }

  #run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.parts.track(work(AbortSignal.any([signal, this.parts.stopping])));
  }

  async #check(signal: AbortSignal): Promise<SourceCheck> {
    const { registry } = this;
    const current = await this.current();
    const offer = await registry.versions(current, signal);
    const { latest, digest } = offer;
    const newer = current !== undefined && compareVersions(latest, current) > 0;
    // The version is shown even if its changes cannot be read.
    const changes: Changes = newer ? ((await registry.changes?.(current, latest, signal).catch(() => {})) ?? {}) : {};
    if (signal.aborted) throw signal.reason;
    const versions = offer.versions.slice(0, mostVersions);
    return {
      kind: registry.kind,
      name: registry.name,
      current: current ?? null,
      latest,
      versions: versions.includes(latest) ? versions : [latest, ...versions.slice(0, mostVersions - 1)],
      breaking: current !== undefined && isBreaking(current, latest),
      changelog: changes.changelog,
      url: changes.url ?? offer.url,
      digest,
    };
  }

  async #install(
    version: string,
    trust: CommitTrust,
  ): Promise<{ readonly version: string; readonly already: boolean }> {
    const { registry } = this;
    registry.check(version);
    const already = await registry.has(version);
    return { version: await registry.install(version, trust), already };
  }

  async #remove(version: string): Promise<{ readonly removed: boolean; readonly bytes: number }> {
    const { registry, parts } = this;
    registry.check(version);
    const place = registry.place(version);
    const kept = new Set(await parts.kept.places());
    if (parts.usage.isLeft(place) && !kept.has(place)) {
      void parts.track(this.#removeOnceLeft(version, place));
      return { removed: false, bytes: 0 };
    }
    const bytes = await registry.remove(version, () => {
      const why = parts.usage.all().has(place)
        ? 'a server uses it'
        : kept.has(place)
          ? 'it is kept for a rollback'
          : '';
      if (why === '') return;
      throw new AgentFailure('refused', `version ${version} of ${registry.name} stays: ${why}`, { reason: why });
    });
    return { removed: bytes !== undefined, bytes: bytes ?? 0 };
  }

  async #removeOnceLeft(version: string, place: string): Promise<void> {
    try {
      await this.parts.usage.whileLeft(place, this.parts.stopping);
      await this.#remove(version);
    } catch {
      // A server uses it again, or the agent stops: the version stays.
    }
  }
}

const trustOf = (anyCommit: boolean): CommitTrust => (anyCommit ? 'any' : 'published');
