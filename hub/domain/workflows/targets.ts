import { invalid } from '../errors.js';
import type { JobRun } from '../jobs/kind.js';
import type { ServerRecord } from '../servers/record.js';
import type { Servers } from '../servers/servers.js';

/** The servers that a step names; where it names none, those that `otherwise` takes. */
export function chosen(
  { servers }: { readonly servers: Servers },
  { servers: names = [] }: Readonly<Record<string, unknown>>,
  { origin }: JobRun,
  otherwise: (record: ServerRecord) => boolean,
): ServerRecord[] {
  if (!Array.isArray(names)) throw invalid('servers', 'must be a list of names or ids');
  if (names.length > 0) return names.map((name) => servers.get(origin, String(name)).record);
  return servers
    .list(origin)
    .map(({ record }) => record)
    .filter(otherwise);
}
