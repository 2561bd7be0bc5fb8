import { shownLines } from '@roundhouse/proto/text';
import { flag, localCommand, text } from '../frame/command.js';
import { hubUrl } from '../frame/connection.js';
import { CommandError } from '../frame/failures.js';
import { Bridge } from '../mcp/bridge.js';
import { McpEndpoint } from '../mcp/endpoint.js';
import { linesOf, tooLong } from '../mcp/lines.js';
import { errorLine, readMessage } from '../mcp/message.js';

/** A longer line is no message of a client in its right mind; the hub's own limit is lower unless it is set otherwise. Bytes. */
const LONGEST_LINE = 64 * 1024 * 1024;
/** How long running requests may take after standard input ends, milliseconds: clients give a program two seconds to end. */
const GRACE_MS = 1500;

/** `roundhouse mcp`: the hub as an MCP server for clients that speak over standard input and output only. */
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
      await serve(addressOf(hub, options), key);
    },
  },
  'address',
);

async function serve(address: URL, key: string): Promise<void> {
  const log = (text: string) => process.stderr.write(`roundhouse mcp: ${shownLines(text)}\n`);
  const write = (line: string) => process.stdout.write(`${line}\n`);
  const bridge = new Bridge(new McpEndpoint(address, key), { write, log });
  const { stdin, stdout } = process;
  let graceMs = GRACE_MS;
  // The client has gone away, or says so: the lines end.
  const stop = () => {
    graceMs = 0;
    stdin.destroy();
  };
  stdout.on('error', stop);
  stdin.on('error', () => {});
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  try {
    for await (const line of linesOf(stdin, LONGEST_LINE)) {
      if (line === tooLong)
        write(errorLine(null, { code: -32600, message: `a line of more than ${LONGEST_LINE} bytes` }));
      else takeLine(line, bridge, write);
    }
  } catch (error) {
    if (!stdin.destroyed) throw error;
  }
  await bridge.end(graceMs);
}

function takeLine(line: string, bridge: Bridge, write: (line: string) => void): void {
  try {
    bridge.take(readMessage(line));
  } catch (error) {
    const [code, name] = error instanceof SyntaxError ? [-32700, 'Parse error'] : [-32600, 'Invalid Request'];
    write(errorLine(null, { code, message: `${name}: ${error instanceof Error ? error.message : error}` }));
  }
}

interface View {
  readonly server: string | undefined;
  readonly group: string | undefined;
  readonly site: string | undefined;
  readonly tag: string | undefined;
  readonly operations: boolean;
}

/** @throws CommandError if the hub's address is not one, or if options exclude each other */
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
