import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import t, { type Test } from 'tap';
import { startDevice } from '../fixtures/devices/start.js';
import { mcpPackage } from '../fixtures/packages/mcp-package.js';
import { type PublishedPackage, startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { blocks, manual, markdown, markdownFiles, shellBlocks } from '../kit/markdown.js';
import { runShell, shells, strict } from '../kit/shell.js';
import { wait } from '../kit/wait.js';
import { nightly } from '../nightly.js';
import { part } from '../parts.js';
import { ADMIN_KEY, ADMIN_PASSWORD, startAgent, startHub } from '../roundhouse.js';
import { everythingBundle, referenceBundle } from '../runner/compiled.mjs';
import { tempFolder } from '../temp-folder.js';

const roundhouse = fileURLToPath(new URL('../../agent/bin/roundhouse.mjs', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The documents whose commands run here, each page against the hub of the pages before it. */
const documents = [...manual(), 'deploy/prometheus/README.md'];

/** Blocks that need more than a hub and an agent: a command that each of them has, and the test that runs it with the parts that it needs. */
const elsewhere: Readonly<Record<string, string>> = {
  'docker-compose': 'test/deploy/compose.test.ts',
  'docker run': 'test/deploy/docker.test.ts',
  'helm install': 'test/deploy/helm.test.ts',
  '/kubernetes': 'test/api/infrastructure-kubernetes.test.ts',
  'pip install': 'test/sdk/examples.test.ts',
  'go mod edit': 'test/sdk/examples.test.ts',
  'npm pack': 'test/sdk/typescript-package.test.ts',
  'deploy/pack.mjs': 'test/deploy/npm-packages.test.ts',
  'npx @roundhouse/': 'test/deploy/npm-packages.test.ts',
  'systemctl enable': 'test/deploy/systemd.test.ts',
};

/** Commands that no test can run as they are printed: the reason, and the test that runs the same program. */
const inAnotherWay: Readonly<Record<string, string>> = {
  // It fetches the published clone, or takes the ports 8080 and 8443 of this machine.
  'npm run up': 'test/e2e/up.test.ts',
  // It is the run that this test belongs to.
  'npm test': 'test/unit/readme.test.ts',
};

/** A command that needs a hub that is stopped. */
const whileStopped = 'npx roundhouse restore';

/** A package of npm whose program is an installed one, or the bundle of one: the test asks no registry. */
function installed(
  name: string,
  version: string,
  file = join(root, 'node_modules', name, 'dist/index.js'),
): PublishedPackage {
  const [loader, program] = [join(root, 'agent/bin/load.mjs'), file].map((path) => JSON.stringify(path));
  const start = file.endsWith('.cjs') ? `import(${loader}).then(({ load }) => load(${program}))` : `import(${program})`;
  const script = `#!/usr/bin/env node\n${start};\n`;
  return { name, version, manifest: { bin: 'server.cjs' }, files: { 'server.cjs': script } };
}

/**
 * The lines that the test puts around the commands: its own hub and program. It types a password where a command asks for one. The installer installs into a folder of the test. In place of Claude
 * Code a request goes to the address, with the header. In place of Prometheus a look tells whether its key is there.
 */
function preamble(hub: string): string {
  return `${strict}
export ROUNDHOUSE_URL=${hub}
export HOME=$PWD XDG_CONFIG_HOME=$PWD/.config
sudo() { ROOT=$PWD/machine "$@"; }
claude() {
  [ "$1 $2 $3 $4 $5 $6 $9" = 'mcp add --scope user --transport http --header' ]
  curl -sS -o answer "$8" -H "\${10}" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\
    -d '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"reader","version":"1"}}}'
}
prometheus() { [ -s deploy/prometheus/roundhouse.key ]; }
# An agent runs until the shell ends.
agents=()
trap 'for agent in "\${agents[@]}"; do kill $agent; done' EXIT
start_agent() {
  ${process.execPath} ${roundhouse} "$@" 2> agent.log &
  agents+=($!)
  until grep -q '"body":"connected' agent.log; do kill -0 $!; sleep 0.05; done
}
roundhouse() { npx roundhouse "$@"; }
npx() { shift; [ "$1" = agent ] && { start_agent "$@"; return; }; printf 'a long password\\n' | ${process.execPath} ${roundhouse} "$@"; }
`;
}

/** Whether a hub and an agent are enough for a block. */
const runsHere = (block: string) =>
  ![...Object.keys(elsewhere), ...Object.keys(inAnotherWay), whileStopped].some((text) => has(block, text));

/** Whether a block has a command, outside of its comments. */
const has = (block: string, command: string) => block.replaceAll(/^#.*$/gm, '').includes(command);

/** Starts the hub, the agent and the network device of a reader. `own` puts their addresses and folders into commands. */
async function startForReader(t: Test) {
  const registry = await startNpmRegistry(t);
  const scope = '@modelcontextprotocol';
  const [older, newer] = ['2025.8.4', '2026.8.31'];
  for (const version of [older, newer])
    registry.publish(installed(`${scope}/server-memory`, version, referenceBundle('memory')));
  registry.publish(installed(`${scope}/server-filesystem`, newer));
  registry.publish(installed(`${scope}/server-everything`, newer, everythingBundle));
  registry.publish(mcpPackage(newer, 'works', `${scope}/server-sequential-thinking`));

  const folder = tempFolder(t, { data: {}, deploy: { prometheus: {} } });
  const hub = await startHub(t, { data: join(folder, 'data'), env: { ROUNDHOUSE_DEMO: '1' } });
  await startAgent(t, hub);
  const demo = async () => (await hub.call('GET', '/api/servers/demo')).body.data?.status;
  await wait('the demo server is connected', async () => (await demo()) === 'connected');
  const { host, port, username, password } = await startDevice(t, { platform: 'cisco_ios', hostname: 'edge-1' });
  const own = (text: string) =>
    text
      .replaceAll('"192.0.2.1"', `"${host}","port":${port}`)
      .replaceAll('{"username":"admin","password":"…"}', JSON.stringify({ username, password }))
      .replaceAll('http://127.0.0.1:8080', hub.url)
      .replaceAll(/\/tmp\/(files|todo)/g, `${folder}/$1`)
      .replaceAll('HUB-HOST:8443', hub.agentAddress)
      .replaceAll(/https?:\/\/HUB-HOST(:8080)?/g, hub.url)
      .replaceAll('--token TOKEN', '--token "$(cat berlin.token)"')
      .replaceAll("'PASSWORD'", `'${ADMIN_PASSWORD}'`)
      .replaceAll('db.example.org', '127.0.0.1');
  return { hub, folder, own };
}

/** The shells of each pass over all documents: they take turns from one document to the next. By day one pass has both, and the README runs in the shell of macOS; at night each shell has a pass. */
const passes = nightly ? shells.map((shell) => [shell]) : [shells.toReversed()];

for (const turns of passes) {
  const names = turns.join(' and ');
  t.test(`the commands of the README and of each page of the manual work in their order in ${names}`, async (t) => {
    if (!part(t, 'curl') || (turns.includes('zsh') && !part(t, 'zsh'))) return;
    const { hub, folder, own } = await startForReader(t);
    // Every page asks its reader for the shell of the README; so are the README's servers.
    const start = shellBlocks('README.md').filter((block) => block.includes('export HUB='));
    t.equal(start.length, 1);

    const said = new Map<string, string>();
    for (const [at, path] of documents.entries()) {
      const shell = turns[at % turns.length];
      const commands = shellBlocks(path).filter(runsHere);
      if (commands.length === 0) continue;
      const before = path === 'README.md' ? [] : start;
      await t.test(`${path} in ${shell}`, async (t) => {
        said.set(path, await runShell(t, folder, [preamble(hub.url), ...[...before, ...commands].map(own)], shell));
      });
    }
    t.match(said.get('README.md'), 'Hello from a file.', 'the tool call answers');
    t.match(readFileSync(join(folder, 'answer'), 'utf8'), '"serverInfo"', 'the line for Claude Code leads to the hub');
    t.ok(existsSync(join(folder, 'machine/opt/roundhouse-agent')), 'the line for a second machine installs the agent');

    await t.test('the entries that the commands make for Claude Desktop lead to the hub', async (t) => {
      const file = join(folder, '.config/Claude/claude_desktop_config.json');
      const { roundhouse, todo } = JSON.parse(readFileSync(file, 'utf8')).mcpServers;
      const own = { XDG_CONFIG_HOME: join(folder, '.config') };
      const names = await toolNames(t, { ...roundhouse, env: own });
      for (const server of ['files', 'todo']) t.ok(names.includes(`${server}__read_text_file`), server);
      const narrowed = await toolNames(t, { ...todo, env: own });
      t.ok(narrowed.includes('todo__read_text_file'));
      t.notOk(narrowed.includes('files__read_text_file'), 'the key of the page reaches one server');
    });

    const configurations = { 'README.md': 2, 'docs/guides/mcp-clients.md': 3 };
    for (const [path, count] of Object.entries(configurations))
      await t.test(`the client configurations of ${path}`, async (t) => {
        const entries = blocks(path, 'json').flatMap((block) => configured(own(block)));
        t.equal(entries.length, count);
        for (const entry of entries) {
          const names = await toolNames(t, entry);
          for (const server of ['files', 'todo'])
            t.ok(names.includes(`${server}__read_text_file`), JSON.stringify(entry));
        }
      });
    t.match(said.get('docs/guides/workflows.md'), 'Echo: you', 'the workflow calls its tool');
    t.match(said.get('docs/operate/keys.md'), '"name":"pipeline"', 'a key is made');
    t.ok(statSync(join(folder, 'roundhouse.backup')).size > 0, 'the backup is there');
    await hub.stop();
    const restore = shellBlocks('docs/operate/backup.md').filter((block) => block.includes(whileStopped));
    t.equal(restore.length, 1);
    await runShell(t, folder, [preamble(hub.url), ...restore], turns[0]);
  });
}

t.test(
  'each block of commands of every document runs: here, or in a test that takes it from the document',
  async (t) => {
    const used = new Set<string>();
    for (const path of markdownFiles())
      for (const block of shellBlocks(path)) {
        const other = Object.keys({ ...elsewhere, ...inAnotherWay }).find((command) => has(block, command));
        if (!other) {
          t.ok(documents.includes(path), `${path}:\n${block}`);
          continue;
        }
        used.add(other);
        const file = elsewhere[other];
        if (!file) continue;
        const test = markdown(file);
        t.ok(test.includes(`'${path}'`), `${file} names ${path}`);
        t.ok(test.includes(`shellBlocks(path, '${other}')`), `${file}: ${other}`);
      }
    t.same(Object.keys({ ...elsewhere, ...inAnotherWay }).sort(), [...used].sort(), 'a document has each of them');
  },
);

t.test('bash and zsh can read every block of commands of every document', async (t) => {
  if (!part(t, 'zsh')) return;
  for (const path of markdownFiles())
    for (const shell of shells)
      for (const block of shellBlocks(path)) {
        const { status, stderr } = spawnSync(shell, ['-n'], { input: block, encoding: 'utf8' });
        t.equal(status, 0, `${shell}, ${path}: ${stderr}`);
      }
});

/** An entry of a client's configuration. */
interface Entry {
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/** @returns the servers that a client's configuration names, with the key and the folder of the test */
function configured(text: string): Entry[] {
  const given = text.replaceAll('/PATH/TO/roundhouse/', root).replace(/\bKEY\b/, ADMIN_KEY);
  const { mcpServers, servers } = JSON.parse(given) as Partial<Record<string, Record<string, Entry>>>;
  return Object.values(mcpServers ?? servers ?? {});
}

/** @returns the names of the tools that the official client finds */
async function toolNames(t: Test, { url, headers = {}, command, args, env }: Entry): Promise<string[]> {
  const client = new Client({ name: 'reader', version: '1.0.0' });
  t.teardown(() => client.close());
  const transport = url
    ? new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })
    : new StdioClientTransport({ command, args, env: { ...(process.env as Record<string, string>), ...env } });
  // The SDK's own types do not agree with each other under `exactOptionalPropertyTypes`.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  return (await client.listTools()).tools.map(({ name }) => name);
}
