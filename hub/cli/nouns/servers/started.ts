import type { connect, Roundhouse } from '@roundhouse/sdk';
import type { Output } from '../../frame/output.js';
import { counted } from '../../frame/values.js';

/** Connecting may install a package first. Milliseconds. */
export const INSTALL_MS = 600_000;

/** Connects a server that was registered just now. It stays registered if that fails. */
export async function connectNew(
  { hub, out, signal }: { readonly hub: Roundhouse; readonly out: Output; readonly signal: AbortSignal },
  { id, name, site }: Pick<connect.Server, 'id' | 'name' | 'site'>,
): Promise<void> {
  try {
    const { toolCount } = await out.progress.during(
      `connecting ${name}`,
      hub.connect.servers.connectServer(id, { signal, timeoutMs: INSTALL_MS }),
    );
    await out.done(
      `${name} runs at site ${site} and has ${counted(toolCount, 'tool')}`,
      await hub.connect.servers.get(id),
    );
  } catch (error) {
    if (!signal.aborted) out.warn(`${name} is registered, and could not be connected`);
    throw error;
  }
}
