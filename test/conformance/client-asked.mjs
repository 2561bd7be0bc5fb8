// Scenarios in which the server asks back: a client at the hub's MCP door answers, and the agent carries both ways.
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

/** @typedef {import('./client-hub.mjs').Hub} Hub */

/** @param {Hub} hub @param {string} name */
const door = ({ url }, name) => new URL(`${url}/mcp/servers/${name}`);
/** @param {Hub} hub */
const withKey = ({ key }) => ({ requestInit: { headers: { Authorization: `Bearer ${key}` } } });

/** Accepts a question with an empty form: the defaults have to be in the answer. @param {Hub} hub @param {string} name */
export async function elicitWithDefaults(hub, name) {
  const capabilities = { elicitation: { form: { applyDefaults: true } } };
  const client = new Client({ name: 'conformance', version: '1.0.0' }, { capabilities });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
  const transport = new StreamableHTTPClientTransport(door(hub, name), withKey(hub));
  await client.connect(transport);
  await client.callTool({ name: 'test_client_elicitation_defaults', arguments: {} });
  await transport.terminateSession();
  await client.close();
}

/** Answers the tools' questions, with another call in between. @param {Hub} hub @param {string} name */
export async function answerInputs(hub, name) {
  const options = { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: { pin: '2026-07-28' } } };
  const client = new ModernClient({ name: 'conformance', version: '1.0.0' }, /** @type {any} */ (options));
  client.setRequestHandler('elicitation/create', async () => {
    await client.callTool({ name: 'test_mrtr_unrelated', arguments: {} });
    return { action: 'accept', content: { confirmed: true } };
  });
  await client.connect(new ModernTransport(door(hub, name), withKey(hub)));
  for (const tool of ['test_mrtr_echo_state', 'test_mrtr_no_state', 'test_mrtr_no_result_type'])
    await client.callTool({ name: tool, arguments: {} });
  await client.close();
}

/** Reads every resource and gets every prompt. @param {Hub} hub @param {string} name */
export async function readAll(hub, name) {
  const options = { versionNegotiation: { mode: { pin: '2026-07-28' } } };
  const client = new ModernClient({ name: 'conformance', version: '1.0.0' }, /** @type {any} */ (options));
  await client.connect(new ModernTransport(door(hub, name), withKey(hub)));
  const { resources } = await client.listResources();
  for (const { uri } of resources) await client.readResource({ uri });
  const { prompts } = await client.listPrompts();
  for (const prompt of prompts) await client.getPrompt({ name: prompt.name });
  await client.close();
}
