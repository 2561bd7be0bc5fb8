import type { Test } from 'tap';
import { fixtureServer } from './automation.js';
import { type Hub, startAgent, startHub } from './roundhouse.js';

/** The text of a tool's answer; empty where it has none. */
export const textOf = (result: unknown) => (result as { content: { text: string }[] }).content[0]?.text ?? '';

/**
 * A list once it holds so many entries. It holds the entries that are known by then: on a busy machine a server that the hub asks for the
 * first time may answer too late for this list. Its entries are in the next one.
 */
export async function listOf<T>(count: number, list: () => Promise<readonly T[]>): Promise<readonly T[]> {
  let found = await list();
  while (found.length < count) found = await list();
  return found;
}

/** A hub with an agent and, by these names, servers that have all that MCP has. */
export async function hubWithEverything(
  t: Test,
  names: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Hub> {
  const hub = await startHub(t, { env });
  await startAgent(t, hub);
  for (const name of names) await hub.connectServer(fixtureServer(name, 'everything'));
  return hub;
}

/** The methods that both SDKs' clients have. */
interface Calls {
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
}

/** Calls of the server `alpha` at a path, by a client that is connected there. */
export function callsOf(client: Calls, path: string) {
  const prefix = path === '/mcp' ? 'alpha__' : '';
  const call = async (tool: string, args: Record<string, unknown> = {}) =>
    textOf(await client.callTool({ name: prefix + tool, arguments: args }));
  /** Makes the server ask the client for a sample. */
  const sample = (word: string) =>
    call('ask', {
      method: 'sampling/createMessage',
      params: { messages: [{ role: 'user', content: { type: 'text', text: word } }], maxTokens: 10 },
    });
  return { call, sample };
}
