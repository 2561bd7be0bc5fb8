import { printable } from '@roundhouse/proto/text';

/**
 * Whether hub and agent may work together: the same major version, minor versions at most one apart.
 * @returns `undefined` if so, otherwise the reason in words.
 */
export function versionConflict(hub: string, agent: string): string | undefined {
  const ours = parse(hub);
  const theirs = parse(agent);
  if (!ours || !theirs)
    return `agent version '${printable(agent, 32)}' cannot be compared with hub ${hub}: expected a semantic version`;
  if (ours.major === theirs.major && Math.abs(ours.minor - theirs.minor) <= 1) return undefined;
  const older = ours.major - theirs.major || ours.minor - theirs.minor;
  return (
    `agent ${agent} and hub ${hub} are more than one minor version apart: ` +
    `update the ${older < 0 ? 'hub' : 'agent'} first`
  );
}

function parse(version: string): { major: number; minor: number } | undefined {
  const match = /^(\d{1,6})\.(\d{1,6})\.\d{1,6}(?:[-+][0-9A-Za-z.+-]{0,64})?$/.exec(version);
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
}
