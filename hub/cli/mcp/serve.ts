import type { Readable } from 'node:stream';
import { shownLines } from '@roundhouse/proto/text';
import { Bridge } from './bridge.js';
import { McpEndpoint } from './endpoint.js';
import { errorLine, readMessage } from './message.js';

/** The longest line, bytes. The default limit of the hub is lower. */
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
  // The client has gone away or ends the program: reading stops.
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

const LINE_FEED = 10;

/** Takes the place of a line that is too long. The text of the line is not kept. */
const tooLong = Symbol('a line that is too long');

/**
 * The lines of a stream of UTF-8, without their ends; empty ones are left out.
 * @param limit the most bytes of a line; for a longer line the generator gives {@link tooLong}, and holds nothing of it
 */
async function* linesOf(input: Readable, limit: number): AsyncGenerator<string | typeof tooLong> {
  let parts: Buffer[] = [];
  let held = 0;
  const take = (part: Buffer) => {
    held += part.length;
    if (held <= limit) parts.push(part);
    else parts = [];
  };
  const finish = () => {
    const line = held > limit ? tooLong : Buffer.concat(parts).toString().trim();
    parts = [];
    held = 0;
    return line;
  };
  for await (const chunk of input) {
    let rest: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      take(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = finish();
      if (line !== '') yield line;
    }
    take(rest);
  }
  const last = finish();
  if (last !== '') yield last;
}
