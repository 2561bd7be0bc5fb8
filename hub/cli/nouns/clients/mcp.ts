import { flag, localCommand, text } from '../../frame/command.js';
import { hubUrl } from '../../frame/connection.js';
import { CommandError } from '../../frame/failures.js';

/** `roundhouse mcp`: the hub as an MCP server for clients that only use standard input and output. */
export const mcp = localCommand(
  {
    name: 'mcp',
    summary: "serve the hub's MCP server on standard input and output, for clients that speak no HTTP",
    example: 'roundhouse mcp --context prod --group office',
    isPlain: true,
    options: {
      server: text('<name>', 'this server only, under its own names'),
      group: text('<name>', 'servers of this group only'),
      site: text('<name>', 'servers of this site only'),
      tag: text('<tag>', 'servers with this tag only'),
      operations: flag("with the hub's own tools, which are about the whole fleet"),
    },
    async run({ options, connection }) {
      const { hub, key } = await connection();
      const { serve } = await import('../../mcp/serve.js');
      await serve(addressOf(hub, options), key);
    },
  },
  'address',
);

interface View {
  readonly server: string | undefined;
  readonly group: string | undefined;
  readonly site: string | undefined;
  readonly tag: string | undefined;
  readonly operations: boolean;
}

/** @throws CommandError if the hub's address is no URL, or if options exclude each other */
function addressOf(hub: string, { server, group, site, tag, operations }: View): URL {
  const views = Object.entries({ group, site, tag }).filter(([, value]) => value !== undefined);
  const narrowed = [...(server === undefined ? [] : ['server']), ...views.map(([name]) => name)];
  if ((server !== undefined && views.length > 0) || (operations && narrowed.length > 0))
    throw new CommandError(
      `these options exclude each other: ${[...narrowed, ...(operations ? ['operations'] : [])].map((name) => `--${name}`).join(', ')}`,
      'usage',
    );
  const url = hubUrl(hub, server === undefined ? 'mcp' : `mcp/servers/${encodeURIComponent(server)}`);
  for (const [name, value] of views) url.searchParams.set(name, value ?? '');
  if (operations) url.searchParams.set('operations', 'true');
  return url;
}
