import type { DatabaseProbes } from '../drivers/databases/probes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Asks a database's server for a sign of life. */
export function checkDatabase(probes: DatabaseProbes): Operation<'checkDatabase'> {
  return {
    name: 'checkDatabase',
    async run({ type, host, port }, { signal }) {
      return json(await probes.probe({ type, host, port }, signal));
    },
  };
}
