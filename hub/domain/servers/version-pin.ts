import type { Transport } from './transport.js';

/**
 * The source of a chosen version: the word of the command line that names the package, or the whole line if no word does. The version
 * stays chosen as long as the command line names this source.
 */
export function versionPin(transport: Transport, sourceName: string): string {
  if (transport.type !== 'stdio') return '';
  const wanted = plain(sourceName);
  const word = wanted === '' ? undefined : transport.args.find((arg) => plain(arg).includes(wanted));
  return word ?? wholeLine(transport);
}

/** The same for a registration that may have one already. */
export function pinOf(
  { transport, versionOf }: { readonly transport: Transport; readonly versionOf?: string },
  sourceName: string,
): string {
  return versionOf !== undefined && isPinned(transport, versionOf) ? versionOf : versionPin(transport, sourceName);
}

/** Whether a command line still names the source of {@link versionPin}. */
export function isPinned(transport: Transport, pin: string): boolean {
  return transport.type === 'stdio' && (transport.args.includes(pin) || wholeLine(transport) === pin);
}

/** Registries take these for the same: `MCP_server.time` and `mcp-server-time`. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

function wholeLine({ command, args }: Extract<Transport, { type: 'stdio' }>): string {
  return JSON.stringify([command, ...args]);
}
