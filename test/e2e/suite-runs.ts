import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { Hub } from '../roundhouse.js';

/** The path of a server of `test/fixtures/faulty-servers`. */
export function faulty(name: string): string {
  return fileURLToPath(new URL(`../fixtures/faulty-servers/${name}.mjs`, import.meta.url));
}

/** Registers a server and declares the tools that tests may call. */
export async function register(
  t: Test,
  hub: Hub,
  name: string,
  args: readonly string[],
  safeTools: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const transport = { type: 'stdio', command: process.execPath, args, env };
  const { status, body } = await hub.call('POST', '/api/servers', { name, transport });
  t.equal(status, 201, JSON.stringify(body));
  const declared = await hub.call('PUT', `/automation/api/v1/servers/${name}/tests`, { safe_tools: safeTools });
  t.equal(declared.status, 200, JSON.stringify(declared.body));
  return body.data.id;
}

/** Begins a run of tests; gives the path of its results. */
export async function run(t: Test, hub: Hub, body: object): Promise<string> {
  const answer = await hub.call('POST', `/automation/api/v1/tests/run`, body);
  t.equal(answer.status, 202, JSON.stringify(answer.body));
  return `/automation/api/v1/tests/${answer.body.data.test_id}`;
}
