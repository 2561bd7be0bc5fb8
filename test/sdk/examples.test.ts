import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import t, { type Test } from 'tap';
import { pythonPath, pythonSdkFolder } from '../../deploy/local/parts.mjs';
import { emptyFolder } from '../fixtures/packages/released.js';
import { blocks, shellBlocks } from '../kit/markdown.js';
import { runShell, shellsInTurn, strict } from '../kit/shell.js';
import { wait } from '../kit/wait.js';
import { part } from '../parts.js';
import { installPythonSdk } from '../python-sdk.js';
import { ADMIN_KEY, everything, type Hub, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { go, module } from './go.js';

const examples = fileURLToPath(new URL('../../sdk/examples/', import.meta.url));

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  const transport = { type: 'stdio', command: process.execPath, args: [everything] };
  await hub.connectServer({ name: 'reference', transport });
});

/** A dashboard shows the server, the progress of the call, and the events after it. */
async function shows(t: Test, child: ChildProcess) {
  t.teardown(() => child.kill('SIGKILL'));
  if (!child.stdout) throw new Error('its output is not read');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string | undefined;
  t.match(await next(), /^reference {2}connected {2}\d+ tools$/);
  t.equal(await next(), 'step 1 of 2');
  t.equal(await next(), 'step 2 of 2');
  t.match(await next(), /^Long running operation completed/);
  t.equal(await next(), 'trigger-long-running-operation was called');
  await hub.call('POST', '/api/servers/reference/disconnect');
  t.equal(await next(), 'reference is away');
  await hub.call('POST', '/api/servers/reference/connect');
  t.match(await next(), /^reference has \d+ tools$/);
}

const env = () => ({ ...process.env, HUB: hub.url, KEY: ADMIN_KEY });

t.test('the dashboard in TypeScript', async (t) => {
  const { code } = await transform(readFileSync(join(examples, 'dashboard.ts'), 'utf8'), { loader: 'ts' });
  // Within the clone, whose packages have the SDK.
  const folder = tempFolder(t, { 'dashboard.mjs': code });
  await shows(t, spawn(process.execPath, [join(folder, 'dashboard.mjs')], { env: env() }));
});

t.test('the dashboard in Python', async (t) => {
  if (!part(t, 'python-sdk')) return;
  const sdk = await installPythonSdk(t);
  const path = join(examples, 'dashboard.py');
  const { child, exit } = sdk.start(['-m', 'mypy', '--strict', '--cache-dir', tempFolder(t), path], {});
  child.stdout.resume();
  t.equal(await exit, 0, 'its types hold');
  await shows(t, sdk.start([path], { HUB: hub.url, KEY: ADMIN_KEY }).child);
});

t.test('the dashboard in Go', async (t) => {
  if (!part(t, 'go')) return;
  const folder = tempFolder(t);
  await go(['build', '-o', `${folder}/`, '.'], join(examples, 'go'));
  await shows(t, spawn(join(folder, 'dashboard'), { env: env() }));
});

/** The code of a README as one program, but for blocks that need more than a hub with one server. */
function programOf(path: string, language: string, elsewhere: readonly string[]): string {
  const all = blocks(path, language);
  for (const text of elsewhere)
    t.ok(
      all.some((block) => block.includes(text)),
      `a block of ${path} has '${text}'`,
    );
  const here = all.filter((block) => !elsewhere.some((text) => block.includes(text)));
  return here.join('\n').replace(/http:\/\/(?:localhost|127\.0\.0\.1):8080/g, hub.url);
}

/** Fragments of Go as one program, which runs the one with the number that it is given. `err` is that of a call that failed. */
function fragments(all: readonly string[]): string {
  const imports = all.flatMap((code) => code.match(/^import .*$/gm) ?? []);
  const functions = all.map((code, n) => {
    const names = Array.from(code.matchAll(/^(?!for |if )([\w, ]+) := /gm), ([, list = '']) => list.split(', ')).flat();
    const uses = names.map((name) => `_ = ${name}`);
    return [
      `func fragment${n}(ctx context.Context, hub *roundhouse.Client, err error) {`,
      ...['_, _, _ = ctx, hub, err', '{', code.replaceAll(/^import .*$/gm, ''), ...uses, '}', '}'],
    ].join('\n');
  });
  return `package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	roundhouse "github.com/roundhouse/roundhouse/sdk/go"
	"github.com/roundhouse/roundhouse/sdk/go/gen/automation"
	"github.com/roundhouse/roundhouse/sdk/go/gen/connect"
)
${imports.join('\n')}

func main() {
	ctx := context.Background()
	hub, err := roundhouse.New(os.Getenv("HUB"), roundhouse.APIKey(os.Getenv("KEY")))
	if err != nil {
		log.Fatal(err)
	}
	_, err = hub.Connect.Servers.Get(ctx, "unknown")
	switch os.Args[1] {
${all.map((_, n) => `	case "${n}":\n		fragment${n}(ctx, hub, err)`).join('\n')}
	}
}

${functions.join('\n\n')}
`;
}

/** Runs a program to its end. @returns its output @throws with its standard error if it fails */
const output = async (program: string, ...args: string[]) =>
  (await promisify(execFile)(program, args, { env: { ...env(), ROUNDHOUSE_API_KEY: ADMIN_KEY } })).stdout;

t.test('the code of the README in TypeScript', async (t) => {
  const elsewhere = ['controller.signal', 'followLog', 'updateServer', 'location.origin', 'openPodTerminal'];
  const { code } = await transform(programOf('sdk/typescript/README.md', 'ts', elsewhere), { loader: 'ts' });
  const folder = tempFolder(t, { 'readme.mjs': `${code}\nconsole.log(tools[0].name, content[0].text);` });
  t.match(await output(process.execPath, join(folder, 'readme.mjs')), /^echo Echo: hello$/m);
});

t.test('the code of the README and of the manual in Python', async (t) => {
  if (!part(t, 'python-sdk')) return;
  const sdk = await installPythonSdk(t);
  const elsewhere = ['PASSWORD', 'patient', 'stream_events', 'update_server("notes"', 'mcp_automation'];
  const ofReadme = programOf('sdk/python/README.md', 'python', elsewhere);
  const programs = [`${ofReadme}\nasyncio.run(main())`, programOf('docs/guides/sdks.md', 'python', [])];
  for (const program of programs) {
    const code = program.replaceAll(/api_key="(?:…|KEY)"/g, `api_key="${ADMIN_KEY}"`);
    const { child, exit } = sdk.start(['-c', code], {});
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    t.equal(await exit, 0, said);
    t.match(said, /Echo: hello/);
  }
});

t.test('the manual and the README install the Python SDK', async (t) => {
  if (!part(t, 'python-sdk') || !part(t, 'venv') || !part(t, 'zsh')) return;
  const pages = ['docs/guides/sdks.md', 'sdk/python/README.md'];
  for (const { path, shell } of pages.flatMap((path, at) => shellsInTurn(at).map((shell) => ({ path, shell })))) {
    const folder = await emptyFolder(t);
    // The build leaves files in its source.
    cpSync(fileURLToPath(new URL('../../sdk/python', import.meta.url)), join(folder, 'sdk/python'), {
      recursive: true,
    });
    await promisify(execFile)(pythonPath, ['-m', 'venv', join(folder, 'venv')]);
    // pip asks no index: the packages that the SDK needs are there.
    const env = { ...process.env, PYTHONPATH: pythonSdkFolder, PIP_NO_INDEX: '1', PIP_NO_BUILD_ISOLATION: '0' };
    const look = "python -c 'import roundhouse; print(roundhouse.__file__)'";
    const commands = [strict, '. venv/bin/activate', ...shellBlocks(path, 'pip install'), look];
    t.match(await runShell(t, folder, commands, shell, env), join(folder, 'venv/lib'), path);
  }
});

/** A folder with a Go program as a reader makes it: a module of its own, with the command of the manual. */
async function goModule(t: Test, program: string): Promise<string> {
  const folder = tempFolder(t, { 'main.go': program.replaceAll('http://127.0.0.1:8080', hub.url) });
  await go(['mod', 'init', 'reader'], folder);
  const path = 'docs/guides/sdks.md';
  const [command = ''] = shellBlocks(path, 'go mod edit');
  const [, ...args] = command.replaceAll(/^#.*$/gm, '').replace('PATH/sdk/go', module).trim().split(' ');
  await go(args, folder);
  await go(['build', '-o', `${folder}/program`, '.'], folder);
  return join(folder, 'program');
}

t.test('the program of the README in Go', async (t) => {
  if (!part(t, 'go')) return;
  const [program = ''] = blocks('sdk/go/README.md', 'go');
  t.match(await output(await goModule(t, program)), /^echo reference$[\s\S]*^Echo: hello$/m);
});

t.test('the fragments of the README and of the manual in Go', async (t) => {
  if (!part(t, 'go')) return;
  const [, ...ofReadme] = blocks('sdk/go/README.md', 'go');
  const all = [...ofReadme, ...blocks('docs/guides/sdks.md', 'go')];
  // All are compiled. Those about jobs need a server with versions, and the reference's names a token: they are not run.
  const program = await goModule(t, fragments(all));
  const number = (text: string) => String(all.findIndex((code) => code.includes(text)));
  t.match(await output(program, number('errors.As')), /^NOT_FOUND /);
  t.match(await output(program, number('ListAll')), /^admin$/m);
  t.match(await output(program, number('APIKey')), /^echo reference$/m);

  const child = spawn(program, [number('StreamEvents')], { env: env() });
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  await wait('the stream tells of a call', async () => {
    await hub.call('POST', '/api/tools/echo/invoke', { arguments: { message: 'hello' } });
    return said.includes('echo ');
  });
});
