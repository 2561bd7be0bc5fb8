import { fileURLToPath } from 'node:url';
import { load } from '../../agent/bin/load.mjs';
import { mapStacks } from '../../agent/bin/stacks.mjs';
import type * as AgentPackage from '../../agent/main.js';
import type * as CommandLine from '../../hub/cli/main.js';
import type * as HubPackage from '../../hub/index.js';

// The only module of the tests that loads the product as a whole: the bundles that users run. Each is loaded when it first starts.

/** The parts of a hub. */
export function loadHub(): ReturnType<typeof HubPackage.embedding> {
  const hub: typeof HubPackage = loadBundle('hub');
  return hub.embedding();
}

/** The parts of an agent. */
export function loadAgent(): typeof AgentPackage {
  return loadBundle('agent');
}

/** The command line. */
export function loadCommandLine(): typeof CommandLine {
  return loadBundle('cli', 'hub');
}

const loaded = new Map<string, unknown>();

// biome-ignore lint/suspicious/noExplicitAny: the callers name its type
function loadBundle(name: 'hub' | 'agent' | 'cli', workspace: string = name): any {
  const file = fileURLToPath(new URL(`../../${workspace}/bundle/${name}.cjs`, import.meta.url));
  if (!loaded.has(name)) {
    mapStacks(file);
    loaded.set(name, load(file));
  }
  return loaded.get(name);
}
