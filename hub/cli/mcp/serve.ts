import { shownLines } from '@roundhouse/proto/text';
import { Bridge } from './bridge.js';
import { McpEndpoint } from './endpoint.js';
import { linesOf, tooLong } from './lines.js';
import { errorLine, readMessage } from './message.js';

/** A longer line is no message of a client in its right mind; the hub's own limit is lower unless it is set otherwise. Bytes. */
const LONGEST_LINE = 64 * 1024 * 1024;
/** How long running requests may take after standard input ends, milliseconds: clients give a program two seconds to end. */
const GRACE_MS = 1500;

/** Serves an MCP endpoint of the hub on standard input and output, until standard input ends. */
export async function serve(address: URL, key: string): Promise<void> {
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
