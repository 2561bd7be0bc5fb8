import type { Shape } from '../agents/shape.js';
import { isWebAddress } from '../net/url-guard.js';

/** The answer of a source's own registry (`proto/agent/v1/source.proto`, `CheckSource`). */
export interface SourceCheck {
  readonly kind: string;
  /** The name of the package, image or repository. */
  readonly name: string;
  /** The version that runs, or ran last; `null` if no version has run yet. */
  readonly current: string | null;
  readonly latest: string | null;
  /** Newest first; bounded. */
  readonly versions: readonly string[];
  /** From `current` to `latest` the major version grows. */
  readonly breaking: boolean;
  readonly changelog: string | null;
  readonly url: string | null;
}

/** An installed version. */
export interface Installed {
  readonly version: string;
  readonly installedAt: string;
  readonly bytes: number;
}

export interface InstalledVersions {
  readonly current: string | null;
  readonly installed: readonly Installed[];
}

/** The answers of a second instance of the server. */
export interface Verified {
  readonly version: string;
  readonly protocolVersion: string;
  readonly serverInfo: { readonly name: string; readonly version: string };
  readonly tools: readonly Readonly<Record<string, unknown>>[];
  /** Milliseconds from its start to its tool list. */
  readonly startMs: number;
}

/** An agent's answer to `checkSource`; parts that it does not know are empty. */
export interface ToldCheck {
  readonly kind: string;
  readonly name: string;
  readonly current: string;
  readonly latest: string;
  /** The digests of an image: its tag can move. */
  readonly digest: { readonly current: string; readonly latest: string };
  readonly versions: readonly string[];
  readonly breaking: boolean;
  readonly changelog: string;
  readonly url: string;
}

/** How the hub reads an agent's answer to `checkSource`; {@link readCheck} interprets it. */
export const toldCheck: Shape<ToldCheck> = {
  kind: 'text',
  name: 'text',
  current: 'text',
  latest: 'text',
  digest: { current: 'text', latest: 'text' },
  versions: ['text'],
  breaking: 'flag',
  changelog: 'document',
  url: 'text',
};

/** How the hub reads {@link InstalledVersions}, with an empty text for no version. */
export const toldInstalled = {
  current: 'text',
  installed: [{ version: 'text', installedAt: 'text', bytes: 'number' }],
} as const;

export const verified: Shape<Verified> = {
  version: 'text',
  protocolVersion: 'text',
  serverInfo: { name: 'text', version: 'text' },
  tools: [{ '*': 'any' }],
  startMs: 'number',
};

/** How much of a change log is kept, characters. */
const MAX_CHANGELOG = 32_768;
const MAX_VERSIONS = 50;

/** Reads an agent's answer; leaves out parts that break the contract. */
export function readCheck(answer: unknown): SourceCheck {
  const check = (answer ?? {}) as Readonly<Record<string, unknown>>;
  const { digest } = check as { readonly digest?: { readonly current?: unknown; readonly latest?: unknown } | null };
  const versions = Array.isArray(check.versions) ? check.versions.filter((one) => typeof one === 'string') : [];
  const names = { current: text(check.current), latest: text(check.latest) };
  const digests = { current: text(digest?.current), latest: text(digest?.latest) };
  // The tag has moved: its name no longer tells the versions apart.
  const moved = names.current === names.latest && digests.current !== digests.latest && digests.latest !== null;
  return {
    kind: text(check.kind) ?? '',
    name: text(check.name) ?? '',
    ...(moved ? digests : names),
    versions: versions.slice(0, MAX_VERSIONS),
    breaking: check.breaking === true,
    changelog: text(check.changelog)?.slice(0, MAX_CHANGELOG) ?? null,
    url: isWebAddress(check.url) ? check.url : null,
  };
}

/** Whether the source has a newer version than the running one. */
export function isNewer({ current, latest, versions }: SourceCheck): boolean {
  if (latest === null || current === null || latest === current) return false;
  const [at, of] = [versions.indexOf(latest), versions.indexOf(current)];
  // The running version may be newer than the version that the source names as the latest.
  return at < 0 || of < 0 || at < of;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
