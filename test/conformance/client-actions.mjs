// The actions of a client in each scenario, through a hub: its agent is the client that the suite tests.
import { answerInputs, elicitWithDefaults, readAll } from './client-asked.mjs';
import { registrationOf, withConsent } from './client-consent.mjs';

/** @typedef {import('./client-hub.mjs').Hub} Hub */
/** @typedef {{ name: string, inputSchema: unknown }} Tool */
/** @typedef {(hub: Hub, name: string, context: any) => Promise<void>} Action */

/** Arguments of the suite's tools that have required ones. @type {Record<string, object>} */
const args = { add_numbers: { a: 2, b: 3 }, valid_tool: { region: 'us-west1' } };

/** Connects, and calls every tool there is. @type {Action} */
async function callAll(hub, name) {
  await withConsent(hub, name, () => hub.connect(name));
  const { tools } = await hub.server(name);
  for (const tool of tools) await withConsent(hub, name, () => hub.invoke(name, tool.name, args[tool.name] ?? {}));
}

/** @type {Record<string, Action>} */
const actions = {
  async 'http-custom-headers'(hub, name, { toolCalls }) {
    await hub.connect(name);
    for (const call of toolCalls) await hub.invoke(name, call.name, call.arguments);
  },
  async 'http-standard-headers'(hub, name, context) {
    await callAll(hub, name, context);
    await readAll(hub, name);
  },
  // Its server lists a tool, and cannot run it.
  async 'json-schema-ref-no-deref'(hub, name) {
    await hub.connect(name);
  },
  async 'json-schema-2020-12-preservation'(hub, name) {
    await hub.connect(name);
    const { tools } = await hub.server(name);
    const of = tools.find((/** @type {Tool} */ tool) => tool.name === 'json_schema_2020_12_tool');
    await hub.invoke(name, 'json_schema_echo', { schema: of.inputSchema });
  },
  async 'elicitation-sep1034-client-defaults'(hub, name) {
    await hub.connect(name);
    await elicitWithDefaults(hub, name);
  },
  async 'sep-2322-client-request-state'(hub, name) {
    await hub.connect(name);
    await answerInputs(hub, name);
  },
};

let played = 0;

/**
 * Registers a scenario's server at the hub, uses it as the scenario asks, and takes it away again.
 * @param {Hub} hub
 * @param {{ scenario: string, url: string, context: any }} given
 * @throws where the server could not be used to the end, which some scenarios want
 */
export async function play(hub, { scenario, url, context }) {
  played += 1;
  const name = `${scenario.replace(/[^a-z0-9]+/gi, '-').slice(0, 50)}-${played}`;
  await hub.register({ name, transport: { type: 'http', url }, ...registrationOf(scenario, context) });
  try {
    await (actions[scenario] ?? callAll)(hub, name, context);
  } finally {
    await hub.forget(name);
  }
}
