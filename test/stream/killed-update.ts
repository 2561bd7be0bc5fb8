import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { ended, until } from '../automation.js';
import { mcpPackage } from '../fixtures/packages/mcp-package.js';
import { startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { nightly } from '../nightly.js';
import { type Hub, type ProgramOptions, runAgentProcess, startAgentProcess } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { npx } from '../updates.js';
import { fixedAddresses } from './ledger.js';

const base = '/automation/api/v1';
const steps = ['backup', 'download', 'install', 'verify', 'switch'] as const;
type Step = (typeof steps)[number];
/** The steps at which packages are updated while hub or agent is killed. `image-update-killed.test.ts` has the other steps. */
export const stepsOfHub: readonly Step[] = nightly ? steps : ['backup', 'download', 'install'];
export const stepsOfAgent: readonly Step[] = nightly ? steps : ['backup', 'install'];

/** A slow start, so that a process can be killed during it. */
const slowStart = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);';

/** The server `sample` as an npm package, with a version for each step; gives its registration. */
async function npmSample(t: Test) {
  const registry = await startNpmRegistry(t);
  for (let n = 1; n <= steps.length + 1; n += 1) {
    const { files = {}, ...published } = mcpPackage(`${n}.0.0`);
    const script = String(files['server.cjs']).replace('\n', `\n${slowStart}\n`);
    registry.publish({ ...published, files: { 'server.cjs': script } });
  }
  return npx('sample', 'mcp-sample@1.0.0');
}

/**
 * A hub and an agent that come back at the same addresses, and a server with a version for each step. Only a hub that the test kills needs
 * a process.
 */
export async function site<H extends Hub>(
  t: Test,
  startHub: (t: Test, options: ProgramOptions) => Promise<H>,
  server?: Readonly<Record<string, unknown>>,
) {
  const registration = server ?? (await npmSample(t));
  const env = await fixedAddresses();
  const data = tempFolder(t);
  const hub = await startHub(t, { data, env });
  const agent = await startAgentProcess(t, hub);
  await hub.connectServer(registration);
  return { data, env, hub, agent };
}

/** Calls a tool of the server; never throws. */
export async function call(hub: Hub, tool = 'version', args: object = {}) {
  const body = { arguments: args, serverId: 'sample', timeoutMs: 240_000 };
  const answer = await hub.call('POST', `/api/tools/${tool}/invoke`, body).catch(() => undefined);
  return {
    status: answer?.status ?? 0,
    body: answer?.body,
    version: answer?.body?.data?.content?.[0]?.text as unknown,
  };
}

/** Begins an update; resolves with its path once a step has begun. */
export async function begun(hub: Hub, step: Step, to: string): Promise<string> {
  const { body } = await hub.call('POST', `${base}/updates/sample`, { version: to });
  const path = `${base}/updates/${body.data.update_id}`;
  const reached = ({ data }: { data: { steps: { name: string; status: string }[] } }) =>
    data.steps.some(({ name, status }) => name === step && status !== 'pending');
  await until(hub, path, reached);
  return path;
}

/**
 * Kills the agent at each of some steps of updates, from one version to the next: the call under way gets the documented
 * error, and the hub waits for the agent and goes on.
 * @param cutMs how long the cut call takes if it is not ended early, milliseconds
 * @returns the agent as it runs now
 */
export async function killAgentAt(
  t: Test,
  { hub, agent: first }: Awaited<ReturnType<typeof site<Hub>>>,
  at: readonly Step[],
  cutMs: number,
  after: () => Promise<unknown> = async () => {},
): Promise<{ stop(): Promise<void> }> {
  const { id: agentId, data } = first;
  let agent: { stop(signal?: NodeJS.Signals): Promise<void> } = first;
  for (const [n, step] of at.entries()) {
    const to = `${n + 2}.0.0`;
    const cut = call(hub, 'wait', { ms: cutMs });
    const path = await begun(hub, step, to);
    const from = hub.log.length;
    await agent.stop('SIGKILL');
    t.match(await cut, { status: 503, body: { success: false, details: { outcome: 'unknown' } } }, step);
    agent = runAgentProcess(t, ['--hub', hub.agentAddress, '--data', data]);
    await hub.logged(({ body, agent: id }) => body === 'agent connected' && id === agentId, from);
    await checkWhole(t, hub, path, to);
    await after();
  }
  return agent;
}

/** From its first answer on every call of the server has to succeed, and at the end on one whole version, which the job names. */
export async function checkWhole(t: Test, hub: Hub, path: string, to: string): Promise<void> {
  while ((await call(hub)).status !== 200) await pause(50);
  const answers: { readonly status: number; readonly body: unknown }[] = [];
  let over = false;
  const caller = (async () => {
    while (!over) {
      answers.push(await call(hub));
      // The pause leaves the processor to the update.
      await pause(10);
    }
  })();
  const done = await ended(hub, path);
  over = true;
  await caller;
  const failed = answers.filter(({ status }) => status !== 200);
  t.same(failed, [], `of ${answers.length} calls none failed`);
  t.match(done, { status: 'completed', running_version: to });
  for (const { version } of await Promise.all([1, 2, 3].map(() => call(hub)))) t.equal(version, to);
  const { data } = (await hub.call('GET', `${base}/servers/sample`)).body;
  t.match(data, { version: to, status: 'healthy' });
}
