/** Protocol versions with sessions, the newest first. */
export const versions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
export type ProtocolVersion = (typeof versions)[number];

/** The version without sessions: each request names its version. */
export const stateless = '2026-07-28';

const newest = versions[0];
/** The version that the hub assumes if a client names none. */
export const assumedVersion: ProtocolVersion = '2025-03-26';

export function isVersion(text: string): text is ProtocolVersion {
  return versions.includes(text as ProtocolVersion);
}

/** The version that both sides speak: the client's if the hub knows it, otherwise the newest. */
export function negotiated(wanted: unknown): ProtocolVersion {
  return typeof wanted === 'string' && isVersion(wanted) ? wanted : newest;
}

/** Whether several messages may come in one array. */
export function hasBatches(version: ProtocolVersion): boolean {
  return version === '2025-03-26';
}

/** Whether a stream may begin with an event without data, which tells its client where to resume it. */
export function hasPriming(version: ProtocolVersion): boolean {
  return version === '2025-11-25';
}
