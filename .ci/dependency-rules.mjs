// Checks the dependency rules, after making sure that each of them finds a violation planted for it.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import rules from '../.dependency-cruiser.mjs';
import { main, root, Stop, say } from '../deploy/local/prepare.mjs';

/** For each rule a file and its imports that the rule must object to. @type {Record<string, readonly [string, ...string[]]>} */
const planted = {
  'domain-stands-alone': ['hub/domain/a.ts', '../http/target.js'],
  'store-knows-domain': ['hub/store/a.ts', '../http/target.js'],
  'fleet-knows-domain': ['hub/fleet/a.ts', '../store/target.js'],
  'api-knows-domain-and-http': ['hub/api/connect/a.ts', '../../fleet/target.js'],
  'http-knows-errors-and-caller': ['hub/http/a.ts', '../domain/target.js'],
  'config-stands-alone': ['hub/config.ts', './domain/target.js'],
  'hub-and-agent-share-the-contract': ['hub/fleet/b.ts', '../../agent/link/target.js'],
  'agent-and-hub-share-the-contract': ['agent/link/a.ts', '../../hub/domain/target.js'],
  'contract-stands-alone': ['proto/a.ts', '../hub/domain/target.js'],
  'sdk-stands-alone': ['sdk/typescript/a.ts', '../../hub/domain/target.js'],
  'apis-are-strangers': ['hub/api/connect/b.ts', '../portal/target.js'],
  'only-roots-see-everything': ['hub/http/b.ts', '../main.js'],
  'operations-know-no-link': ['agent/operations/a.ts', '../link/target.js'],
  'drivers-stand-alone': ['agent/drivers/mcp/a.ts', '../../operations/target.js'],
  'home-of-grpc-grpc-js': ['agent/operations/b.ts', '@grpc/grpc-js'],
  'home-of-lmdb': ['hub/domain/b.ts', 'lmdb'],
  'home-of-uwebsockets-js': ['hub/api/connect/c.ts', 'uWebSockets.js'],
  'home-of-modelcontextprotocol-sdk': ['hub/domain/c.ts', '@modelcontextprotocol/sdk/client/index.js'],
  'home-of-ssh2': ['agent/operations/c.ts', 'ssh2'],
  'home-of-dockerode': ['agent/operations/d.ts', 'dockerode'],
  'home-of-kubernetes-client-node': ['agent/operations/e.ts', '@kubernetes/client-node'],
  'no-circular': ['hub/store/b.ts', './b.js'],
  'no-orphans': ['hub/store/orphan.ts'],
  'no-unreachable': ['hub/store/unreachable.ts', './b.js'],
  'no-unresolvable': ['hub/store/d.ts', './nowhere.js'],
  'no-undeclared': ['hub/store/e.ts', 'typescript'],
};

/** Files that the planted ones import. */
const targets = [
  'hub/main.ts',
  'hub/domain/target.ts',
  'hub/http/target.ts',
  'hub/store/target.ts',
  'hub/fleet/target.ts',
  'hub/api/portal/target.ts',
  'agent/main.ts',
  'agent/link/target.ts',
  'agent/operations/target.ts',
];

/** @param {string} baseDir @param {string[]} folders */
async function violations(baseDir, folders) {
  const { forbidden, options } = rules;
  const { output } = await cruise(folders, { ...options, ruleSet: { forbidden }, validate: true, baseDir });
  if (typeof output === 'string') throw new Error('dependency-cruiser returned text');
  return output.summary.violations;
}

/** @throws {Stop} naming the rules that let their violation pass */
async function selfCheck() {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-rules-'));
  try {
    const write = (/** @type {string} */ file, /** @type {readonly string[]} */ imports) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      const lines = imports.map(
        (name, i) => `import * as import${i} from '${name}';\nexport const value${i} = import${i};\n`,
      );
      writeFileSync(join(folder, file), lines.join('') || 'export const nothing = 0;\n');
    };
    for (const file of targets) write(file, []);
    for (const [file, ...imports] of Object.values(planted)) write(file, imports);
    for (const name of ['hub', 'agent']) writeFileSync(join(folder, name, 'package.json'), '{"dependencies":{}}');
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const found = await violations(folder, ['hub', 'agent', 'proto', 'sdk']);
    const caught = new Set(
      found.map(({ rule, from, to }) => `${rule.name} ${from} ${rule.name === 'no-unreachable' ? to : ''}`),
    );
    const missed = rules.forbidden.filter(({ name }) => {
      const file = planted[name ?? '']?.[0];
      return !file || ![...caught].some((entry) => entry.startsWith(`${name} `) && entry.includes(` ${file} `));
    });
    if (missed.length > 0)
      throw new Stop(`These rules miss what was planted: ${missed.map(({ name }) => name).join(', ')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(async () => {
  await selfCheck();
  const found = await violations(root, [
    'hub',
    'agent',
    'proto/gen',
    'proto/net',
    'proto/text',
    'proto/work',
    'sdk/typescript',
  ]);
  for (const { rule, from, to } of found) say(`${rule.name}: ${from} → ${to}`);
  say(`${rules.forbidden.length} dependency rules, ${found.length} violations`);
  return found.length > 0 ? 1 : 0;
});
