import { shownLines } from '@roundhouse/proto/text';
import { Command, Option } from 'commander';
import { type HubOptions, hubUrl, keyOf, withHub } from '../client.js';
import { Bridge } from '../mcp/bridge.js';
import { McpEndpoint } from '../mcp/endpoint.js';
import { linesOf, tooLong } from '../mcp/lines.js';
import { errorLine, readMessage } from '../mcp/message.js';

interface McpOptions extends HubOptions {
  readonly server?: string;
  readonly group?: string;
  readonly site?: string;
  readonly tag?: string;
  readonly operations?: boolean;
}

/** A longer line is no message of a client in its right mind; the hub's own limit is lower unless it is set otherwise. Bytes. */
const LONGEST_LINE = 64 * 1024 * 1024;
/** How long running requests may take after standard input ends, milliseconds: clients give a program two seconds to end. */
const GRACE_MS = 1500;

/** `roundhouse mcp`: the hub as an MCP server for clients that speak over standard input and output only. */
export function mcpCommand(): Command {
  return withHub(new Command('mcp'))
    .description("serve the hub's MCP server on standard input and output, for clients that speak no HTTP")
    .addOption(
      new Option('--server <name>', 'this server only, under its own names').conflicts(['group', 'site', 'tag']),
    )
    .option('--group <name>', 'servers of this group only')
    .option('--site <name>', 'servers of this site only')
    .option('--tag <tag>', 'servers with this tag only')
    .addOption(
      new Option('--operations', "with the hub's own tools, which are about the whole fleet").conflicts([
        'server',
        'group',
        'site',
        'tag',
      ]),
    )
    .action(run);
}

async function run(options: McpOptions): Promise<void> {
  const log = (text: string) => process.stderr.write(`roundhouse mcp: ${shownLines(text)}\n`);
  const write = (line: string) => process.stdout.write(`${line}\n`);
  const bridge = new Bridge(new McpEndpoint(addressOf(options), await keyOf(options)), { write, log });
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

/** @throws CommandError if the hub's address is not one. */
function addressOf({ hub, server, group, site, tag, operations }: McpOptions): URL {
  const url = hubUrl(hub, server === undefined ? 'mcp' : `mcp/servers/${encodeURIComponent(server)}`);
  for (const [name, value] of Object.entries({ group, site, tag })) if (value) url.searchParams.set(name, value);
  if (operations) url.searchParams.set('operations', 'true');
  return url;
}
