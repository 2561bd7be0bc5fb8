// Floor of a tool call: the MCP SDK's client, calling the same server over stdio with nothing between them.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { serve } from './process.mjs';

/** @type {Client} */
let client;
/** @type {{ name: string, arguments: Record<string, unknown> }} */
let call;

/** Nearest rank. @param {Float64Array} sorted @param {number} share */
const percentile = (sorted, share) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;

serve(
  /** @param {{ command: string, args: string[], call: { name: string, arguments: Record<string, unknown> } }} setup */
  async (setup) => {
    ({ call } = setup);
    client = new Client({ name: 'floor', version: '1.0.0' });
    const { command, args } = setup;
    const transport = new StdioClientTransport({ command, args, stderr: 'ignore' });
    await client.connect(transport);
    const answer = await client.callTool(call);
    return { pid: process.pid, serverPid: transport.pid, answer };
  },
  /** So many loops, each calling again as soon as it has its answer. @param {{ connections: number, seconds: number }} order */
  async ({ connections, seconds }) => {
    const begun = performance.now();
    const end = begun + seconds * 1000;
    /** @type {number[]} */
    const times = [];
    await Promise.all(
      Array.from({ length: connections }, async () => {
        for (let now = performance.now(); now < end; ) {
          await client.callTool(call);
          const then = now;
          now = performance.now();
          times.push(now - then);
        }
      }),
    );
    const elapsed = (performance.now() - begun) / 1000;
    const sorted = Float64Array.from(times).sort();
    const [p50, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.99)];
    return { requests: times.length, seconds: elapsed, errors: 0, p50, p99 };
  },
);
