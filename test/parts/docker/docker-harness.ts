import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { Test } from 'tap';
import type { McpLimits } from '../../../agent/drivers/mcp/limits.js';
import { firstText, type Harness, harness, never, spec } from '../agent/harness.js';

/** The specification of a server that runs an image. */
export function imageSpec(
  image: string,
  {
    flags = [],
    env = {},
    args = [],
    ...more
  }: ImageOptions & { readonly version?: string; readonly revision?: bigint; readonly connected?: boolean } = {},
): ServerSpec {
  const value = { command: 'docker', args: ['run', '-i', '--rm', ...flags, image, ...args], env };
  return spec({ transport: { case: 'stdio', value }, ...more });
}

export interface ImageOptions {
  readonly flags?: readonly string[];
  readonly env?: Record<string, string>;
  readonly args?: readonly string[];
}

/** Servers, one of them put and connected. */
export async function connectedImage(t: Test, server: ServerSpec, limits?: Partial<McpLimits>): Promise<Harness> {
  const h = harness(t, limits);
  h.servers.put(server);
  await h.servers.connect(server.id, never);
  return h;
}

/** Calls a tool; resolves with the first text of its result. */
export async function call(h: Harness, tool: string, args: object = {}): Promise<string> {
  const { json } = await h.servers.callTool('s1', tool, Buffer.from(JSON.stringify(args)), { signal: never });
  return firstText(Buffer.from(json).toString());
}
