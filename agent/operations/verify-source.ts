import type { Servers } from '../drivers/mcp/servers.js';
import { untilCancelled } from './cancelled.js';
import type { Operation } from './operation.js';

/** Starts an installed version in addition to the running one, and returns its description and its tools. */
export function verifySource({ versions }: Servers): Operation<'verifySource'> {
  return {
    name: 'verifySource',
    run: ({ serverId, version }, { signal }) =>
      untilCancelled(signal, async (aborted) => {
        const { tools, ...verified } = await versions.verify(serverId, version, aborted);
        // The definitions go on as the server sent them.
        const head = JSON.stringify(verified).slice(0, -1);
        return { case: 'json', value: Buffer.from(`${head},"tools":[${tools.join(',')}]}`) };
      }),
  };
}
