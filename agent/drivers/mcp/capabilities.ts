import { onPath } from '../sources/on-path.js';

/** The capabilities of this machine for MCP servers, by the names that the hub knows: transports, and kinds of sources. */
export async function capabilities(): Promise<string[]> {
  const [npm, uv, python] = await Promise.all([onPath('npm'), onPath('uv'), onPath('python3')]);
  return [
    'mcp.stdio',
    'mcp.http',
    'mcp.sse',
    'mcp.websocket',
    // Requests of protocol version 2026-07-28 reach servers of that version as they are.
    'mcp.stateless',
    // `server/discover` of such a client finds out whether a process speaks that version, which then begins with it.
    'mcp.both-eras',
    ...(npm ? ['npx'] : []),
    ...(uv || python ? ['uvx'] : []),
  ];
}
