import { on } from 'node:events';
import { readFileSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { Test } from 'tap';
import type { SwitchOptions } from '../../../agent/drivers/mcp/lifecycle/switch.js';
import type { McpLimits } from '../../../agent/drivers/mcp/limits.js';
import { type Behaviour, mcpPackage } from '../../fixtures/packages/mcp-package.js';
import { type Npm, startNpmRegistry } from '../../fixtures/packages/npm-registry.js';
import { preinstall } from '../../fixtures/packages/preinstall.js';
import { firstText, harness, never, runs, spec, tempFolder } from '../agent/harness.js';

/** A registry with versions of the package `mcp-sample`, and a view of the processes that were started from them. */
export async function sampleRegistry(t: Test, versions: Readonly<Record<string, Behaviour>>, npm?: Npm) {
  const starts = join(tempFolder(t), 'starts');
  const registry = await startNpmRegistry(t, npm);
  for (const [version, behaviour] of Object.entries(versions)) registry.publish(mcpPackage(version, behaviour));
  /** The processes that were started, oldest first. */
  const started = () =>
    readFileSync(starts, { encoding: 'utf8', flag: 'a+' })
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const [version = '', pid = ''] = line.split(' ');
        return { version, pid: Number(pid) };
      });
  return {
    registry,
    /** For the variable STARTS. */
    starts,
    started,
    /** The versions of the processes that run now. */
    running: (): string[] =>
      started()
        .filter(({ pid }) => runs(pid))
        .map(({ version }) => version),
    /** Resolves when a process of a version runs. */
    begun: async (version: string): Promise<void> => {
      const runsNow = () => started().some((one) => one.version === version && runs(one.pid));
      const changes = watch(dirname(starts));
      try {
        if (!runsNow()) for await (const _ of on(changes, 'change')) if (runsNow()) return;
      } finally {
        changes.close();
      }
    },
  };
}

/** The same with servers, and a specification for them. */
export async function sampleServers(
  t: Test,
  versions: Readonly<Record<string, Behaviour>>,
  limits?: Partial<McpLimits>,
  npm?: Npm,
) {
  const sample = await sampleRegistry(t, versions, npm);
  const h = harness(t, limits);
  const env = { STARTS: sample.starts };
  const at = (version: string, revision = 1n, more: Partial<ServerSpec> = {}): ServerSpec =>
    spec({
      version,
      revision,
      connected: true,
      transport: { case: 'stdio', value: { command: 'npx', args: ['-y', 'mcp-sample@1.0.0'], env } },
      ...more,
    });
  return {
    ...h,
    ...sample,
    at,
    call: async (tool = 'version', args: object = {}): Promise<string> => {
      const { json } = await h.servers.callTool('s1', tool, Buffer.from(JSON.stringify(args)), { signal: never });
      return firstText(Buffer.from(json).toString());
    },
    switchTo: (to: ServerSpec, options: Partial<SwitchOptions> = {}) =>
      h.servers.switch(to, { drainMs: 120_000, signal: never, ...options }),
  };
}

/** The same with all versions installed already, for tests that are not about the installation: npm takes seconds for each. */
export async function installedServers(...parts: Parameters<typeof sampleServers>) {
  const sample = await sampleServers(...parts);
  for (const [version, behaviour] of Object.entries(parts[1]))
    preinstall(sample.dataDir, mcpPackage(version, behaviour));
  return sample;
}

/** A promise, and the way to settle it. */
export function resolvers(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
