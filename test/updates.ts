import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { ended, example } from './automation.js';
import { type Behaviour, mcpPackage } from './fixtures/packages/mcp-package.js';
import { type Npm, type NpmRegistry, startNpmRegistry } from './fixtures/packages/npm-registry.js';
import { preinstall } from './fixtures/packages/preinstall.js';
import { type Hub, startAgent, startHub } from './roundhouse.js';
import { sameShape } from './shape.js';

const base = '/automation/api/v1';

/** A hub, an agent, and the server `sample` from a registry of the test's own, running 1.0.0, which is installed beforehand. */
export async function sample(t: Test, versions: Readonly<Record<string, Behaviour>>, npm?: Npm) {
  const registry: NpmRegistry = await startNpmRegistry(t, npm);
  for (const [version, behaviour] of Object.entries(versions)) registry.publish(mcpPackage(version, behaviour));
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  preinstall(agent.data, mcpPackage('1.0.0', versions['1.0.0']));
  await hub.connectServer(npx('sample', 'mcp-sample@1.0.0'));
  return { registry, hub, agent };
}

/** A registration of an npm package. */
export const npx = (name: string, ...words: string[]) => ({
  name,
  transport: { type: 'stdio', command: 'npx', args: ['-y', ...words] },
});

/** A registration of an image. */
export const image = (name: string, reference: string) => ({
  name,
  transport: { type: 'stdio', command: 'docker', args: ['run', '-i', '--rm', reference] },
});

/** Which version answers a call. */
export async function version(hub: Hub): Promise<string> {
  const { status, body } = await hub.call('POST', '/api/tools/version/invoke', { arguments: {}, serverId: 'sample' });
  return status === 200 ? body.data.content[0].text : `status ${status}: ${JSON.stringify(body)}`;
}

/** Begins an update or rollback, and waits for its end. */
export async function update(t: Test, hub: Hub, server: string, body?: object, rollback = false) {
  const made = await hub.call('POST', `${base}/updates/${server}${rollback ? '/rollback' : ''}`, body);
  t.equal(made.status, 202, JSON.stringify(made.body));
  sameShape(t, made.body, example('POST /api/v1/updates/{server_name}'));
  t.equal(made.body.data.status, 'in_progress');
  return ended(hub, `${base}/updates/${made.body.data.update_id}`);
}

/** Four callers that call until told to stop. Their pauses leave the processor to the update. Gives every call that failed. */
export function callers(call: () => Promise<{ readonly status: number; readonly body: unknown }>) {
  let stop = false;
  let count = 0;
  const failures: unknown[] = [];
  const caller = async () => {
    while (!stop) {
      const { status, body } = await call();
      count += 1;
      if (status !== 200) failures.push(body);
      await pause(10);
    }
  };
  const all = Promise.all(Array.from({ length: 4 }, caller));
  return async () => {
    stop = true;
    await all;
    return { count, failures };
  };
}
