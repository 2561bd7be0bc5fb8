import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import t, { type Test } from 'tap';
import { mcpPackage } from '../fixtures/packages/mcp-package.js';
import { type PublishedPackage, startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { blocks, manual, markdownFiles, shellBlocks } from '../kit/markdown.js';
import { wait } from '../kit/wait.js';
import { nightly } from '../nightly.js';
import { part } from '../parts.js';
import { ADMIN_KEY, ADMIN_PASSWORD, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const roundhouse = fileURLToPath(new URL('../../agent/bin/roundhouse.mjs', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** At night a hub of its own runs for zsh; every other run only has zsh read the commands. */
const inZsh = nightly ? {} : { skip: 'npm run test:nightly runs them' };

/** Blocks that need more than a hub and an agent, by a command that each of them has. */
const elsewhere = [
  'npm run up',
  'npm test',
  'claude mcp add',
  '/install/agent.sh',
  '/network/devices',
  '/kubernetes',
  'docker-compose',
  'docker run',
  'helm install',
  'prometheus',
  'npx roundhouse restore',
  'pip install',
  'go mod edit',
];

/** A package of npm whose program is an installed one: the test asks no registry. */
function installed(name: string, version: string): PublishedPackage {
  const entry = join(root, 'node_modules', name, 'dist', 'index.js');
  const script = `#!/usr/bin/env node\nimport(${JSON.stringify(entry)});\n`;
  return { name, version, manifest: { bin: 'server.cjs' }, files: { 'server.cjs': script } };
}

/**
 * The lines that the test puts around the commands: its own hub and program, an end for streams that would never end, and a name for the
 * command that fails. It types a password where a command asks for one.
 */
function preamble(hub: string): string {
  return `
set -e -o pipefail
trap 'echo "failed: $BASH_COMMAND" >&2' ERR
export ROUNDHOUSE_URL=${hub}
curl() {
  local code=0
  case " $* " in
    *" -N "*) command curl --fail-with-body --max-time 5 "$@" || code=$? ;;
    *) command curl --fail-with-body "$@" || code=$? ;;
  esac
  # 28: the stream was followed for long enough.
  [ $code -eq 28 ] || return $code
}
sudo() { return 1; }
# An agent runs until the shell ends.
agents=
trap '[ -z "$agents" ] || kill $agents' EXIT
start_agent() {
  ${process.execPath} ${roundhouse} "$@" 2> agent.log &
  agents="$agents $!"
  until grep -q '"msg":"connected' agent.log; do kill -0 $!; sleep 0.05; done
}
npx() { shift; [ "$1" = agent ] && { start_agent "$@"; return; }; printf 'a long password\\n' | ${process.execPath} ${roundhouse} "$@"; }
`;
}

/** Whether a hub and an agent are enough for a block. */
const runsHere = (block: string) => {
  const commands = block.replaceAll(/^#.*$/gm, '');
  return !elsewhere.some((text) => commands.includes(text));
};

/** Starts the hub and the agent of a reader. `own` puts their addresses and folders into commands. */
async function startForReader(t: Test) {
  const registry = await startNpmRegistry(t);
  const scope = '@modelcontextprotocol';
  for (const version of ['2025.8.4', '2026.8.31']) registry.publish(installed(`${scope}/server-memory`, version));
  for (const name of ['filesystem', 'everything']) registry.publish(installed(`${scope}/server-${name}`, '2026.8.31'));
  registry.publish(mcpPackage('2026.8.31', 'works', `${scope}/server-sequential-thinking`));

  const folder = tempFolder(t, { data: {} });
  const hub = await startHub(t, { data: join(folder, 'data'), env: { ROUNDHOUSE_DEMO: '1' } });
  await startAgent(t, hub);
  const demo = async () => (await hub.call('GET', '/api/servers/demo')).body.data?.status;
  await wait('the demo server is connected', async () => (await demo()) === 'connected');
  const own = (text: string) =>
    text
      .replaceAll('http://127.0.0.1:8080', hub.url)
      .replaceAll(/\/tmp\/(files|todo)/g, `${folder}/$1`)
      .replaceAll('HUB-HOST:8443', hub.agentAddress)
      .replaceAll("'PASSWORD'", `'${ADMIN_PASSWORD}'`)
      .replaceAll('db.example.org', '127.0.0.1');
  return { hub, folder, own };
}

t.test('the commands of the README and of each page of the manual work in their order', async (t) => {
  if (!part(t, 'curl')) return;
  const all = manual().flatMap(shellBlocks);
  for (const text of elsewhere)
    t.ok(
      all.some((block) => block.includes(text)),
      `a block has '${text}'`,
    );
  const { hub, folder, own } = await startForReader(t);
  // Every page asks its reader for the shell of the README; what the README registered is there as well.
  const shell = shellBlocks('README.md').filter((block) => block.includes('export HUB='));
  t.equal(shell.length, 1);

  const said = new Map<string, string>();
  for (const path of manual()) {
    const commands = shellBlocks(path).filter(runsHere);
    if (commands.length === 0) continue;
    const before = path === 'README.md' ? [] : shell;
    await t.test(path, async (t) => {
      said.set(path, await runShell(t, folder, [preamble(hub.url), ...[...before, ...commands].map(own)]));
    });
  }
  const configurations = { 'README.md': 3, 'docs/guides/mcp-clients.md': 3, 'docs/examples/laptop.md': 1 };
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
  t.match(said.get('README.md'), 'Hello from a file.', 'the tool call answers');
  t.match(said.get('docs/guides/workflows.md'), 'Echo: you', 'the workflow calls its tool');
  t.match(said.get('docs/operate/keys.md'), '"name":"pipeline"', 'a key is made');
  t.match(readFileSync(join(folder, 'roundhouse.backup'), 'latin1'), /./, 'the backup is there');
});

t.test("the README's commands work in zsh", inZsh, async (t) => {
  if (!part(t, 'curl') || !part(t, 'zsh')) return;
  const { hub, folder, own } = await startForReader(t);
  const commands = shellBlocks('README.md').filter(runsHere).map(own);
  t.match(await runShell(t, folder, [preamble(hub.url), ...commands], 'zsh'), 'Hello from a file.');
});

t.test('bash and zsh can read every block of commands of every document', async (t) => {
  if (!part(t, 'zsh')) return;
  for (const path of markdownFiles())
    for (const shell of ['bash', 'zsh'])
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

/** Runs commands in one shell, all of which have to succeed. @returns what they print */
async function runShell(
  t: Test,
  folder: string,
  commands: readonly string[],
  program: 'bash' | 'zsh' = 'bash',
): Promise<string> {
  const shell = spawn(program, ['-s'], { cwd: folder });
  t.teardown(() => shell.kill('SIGKILL'));
  let said = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk) => (said += chunk));
  shell.stdin.end(commands.join('\n'));
  const [code] = await once(shell, 'close');
  t.equal(code, 0, said.slice(-4000));
  return said;
}
