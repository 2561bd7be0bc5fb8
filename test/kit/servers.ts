import { fileURLToPath } from 'node:url';

/** The MCP project's server-everything over stdio, to be run by node. It is bundled, and starts in a third of the time. */
export const everything = fileURLToPath(new URL('../fixtures/servers/reference.mjs', import.meta.url));
/** The same as it is published: for other transports than stdio, and for tests with a good server. */
export const publishedEverything = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);
/** Another reference server. */
export const filesystem = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js', import.meta.url),
);

/** A misbehaving server of test/fixtures/servers. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/servers/${name}.mjs`, import.meta.url));
}
