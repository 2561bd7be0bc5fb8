import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import t from 'tap';
import { blocks } from '../kit/markdown.js';
import { startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

/** Runs the installer that a hub serves, as `curl … | sh -s -- …` does, into a folder. */
async function install(script: string, root: string, ...args: string[]) {
  const child = spawn('sh', ['-s', '--', ...args], {
    env: { ...process.env, ROOT: root },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin.end(script);
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { status: status as number, stderr };
}

t.test('a hub hands out its agent to machines that reach nothing else', async (t) => {
  const hub = await startHub(t);
  const answer = await fetch(`${hub.url}/install/agent.sh`);
  t.equal(answer.status, 200, 'without a credential');
  const script = await answer.text();
  const root = tempFolder(t);
  const settings = join(root, 'etc/roundhouse/agent.yaml');
  const program = join(root, 'opt/roundhouse-agent/agent/bin/roundhouse-agent.mjs');

  await t.test('one line installs it', async (t) => {
    const { body } = await hub.call('POST', '/api/agents/tokens', { site: 'plant' });
    t.same(await install(script, root, '--token', body.data.token), { status: 0, stderr: '' });
    t.equal(statSync(settings).mode & 0o777, 0o600, 'only root reads the settings, which hold the token');
    const unit = readFileSync(join(root, 'etc/systemd/system/roundhouse-agent.service'), 'utf8');
    t.match(unit, /^ExecStart=\/usr\/local\/bin\/roundhouse-agent --config /m);
  });

  await t.test('the installed agent runs without the clone, and joins the hub', async (t) => {
    const child = spawn(process.execPath, [program, '--config', settings, '--data', join(root, 'data')], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    const exit = once(child, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      lines.push(line);
      if (line.includes('connected to the hub')) child.kill('SIGTERM');
    }
    t.same(await exit, [0, null], lines.join('\n'));
    const { body } = await hub.call('GET', '/api/agents');
    t.match(body.data, [{ site: 'plant' }]);
  });

  await t.test('run again, it upgrades the program and keeps settings', async (t) => {
    const before = readFileSync(settings, 'utf8');
    writeFileSync(join(root, 'opt/roundhouse-agent/of-the-old-version'), '');
    t.same(await install(script, root), { status: 0, stderr: '' });
    t.notOk(existsSync(join(root, 'opt/roundhouse-agent/of-the-old-version')));
    t.equal(readFileSync(settings, 'utf8'), before);
  });

  await t.test('a damaged package is not installed', async (t) => {
    const damaged = script.replaceAll(/[0-9a-f]{64}/g, 'f'.repeat(64));
    const empty = tempFolder(t);
    t.match(await install(damaged, empty, '--token', 'rh1.x'), { status: 1, stderr: /damaged: its SHA-256 is wrong/ });
    t.notOk(existsSync(join(empty, 'opt/roundhouse-agent')));
  });

  await t.test('mistakes are named', async (t) => {
    t.match(await install(script, tempFolder(t)), { status: 1, stderr: /needs --token/ });
    t.match(await install(script, root, '--tokn', 'x'), { status: 1, stderr: /unknown option --tokn/ });
    t.match(await install(script, tempFolder(t), '--token', 'a"\nevil: b'), { status: 1, stderr: /no join token has/ });
    for (const hubAddress of ['[x]"\ndata: "/tmp/x', 'host', 'host:', ':8443', 'host:84x', 'a b:1'])
      t.match(
        await install(script, tempFolder(t), '--token', 'rh1.x', '--hub', hubAddress),
        { status: 1, stderr: /--hub is not HOST:PORT/ },
        hubAddress,
      );
    const other = script.replaceAll(/linux-\w+(?=[',])/g, 'plan9-x64');
    t.match(await install(other, root), { status: 1, stderr: /plan9-x64, and this machine is/ });
  });

  await t.test('without systemd it prints commands that run the agent by hand, and installs nothing', async (t) => {
    const { body } = await hub.call('POST', '/api/agents/tokens', { site: 'by-hand' });
    const absent = script.replaceAll('/run/systemd/system', join(tempFolder(t), 'absent'));
    // No program is on the path: the script could install nothing.
    const options = { env: { PATH: tempFolder(t) }, input: absent, encoding: 'utf8' } as const;
    const { status, stderr } = spawnSync('/bin/sh', ['-s', '--', '--token', body.data.token], options);
    t.match([status, stderr], [1, /^agent\.sh: systemd does not run on this machine/]);
    const [, commands = ''] = /\n\n(mkdir [\s\S]*?)\n\n/.exec(stderr) ?? [];
    const { host, hostname } = new URL(hub.url);
    const shown = commands
      .replaceAll(body.data.token, 'TOKEN')
      .replace(`http://${host}`, 'https://HUB-HOST')
      .replace(/agent-[\w.-]+\.tgz$/m, 'PACKAGE')
      .replace(/[0-9a-f]{64}/, 'SHA256')
      .replace(new RegExp(`${hostname}:\\d+`), 'HUB-HOST:8443');
    t.same(blocks('docs/operate/deploy.md', 'text'), [`${shown}\n`], 'the manual shows these commands');
    const damaged = tempFolder(t);
    const wrong = commands.replace(/[0-9a-f]{64}/, 'f'.repeat(64));
    await t.rejects(promisify(execFile)('sh', ['-c', wrong], { cwd: damaged }));
    t.same(
      readdirSync(join(damaged, 'roundhouse-agent')).sort(),
      ['agent.tgz', 'token'],
      'a damaged package is not unpacked',
    );

    const cwd = tempFolder(t);
    const child = spawn('sh', ['-c', commands.replace(/^node /m, 'exec node ')], {
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      lines.push(line);
      if (line.includes('connected to the hub')) child.kill('SIGTERM');
    }
    const { body: sites } = await hub.call('GET', '/api/sites');
    const names = sites.data.map(({ name }: { name: string }) => name);
    t.ok(names.includes('by-hand'), lines.join('\n'));
    t.equal(statSync(join(cwd, 'roundhouse-agent/token')).mode & 0o777, 0o600, 'only this user reads the token');
  });

  await t.test('a script that breaks off in the download does nothing', async (t) => {
    const empty = tempFolder(t);
    await install(script.slice(0, script.lastIndexOf('main "$@"')), empty, '--token', 'rh1.x');
    t.notOk(existsSync(join(empty, 'opt')));
  });

  await t.test('it is removed; settings stay', async (t) => {
    t.same(await install(script, root, '--uninstall'), { status: 0, stderr: '' });
    t.notOk(existsSync(join(root, 'opt/roundhouse-agent')));
    t.ok(existsSync(settings));
  });

  await t.test('a host that is no host reaches no shell', async (t) => {
    const url = new URL('/install/agent.sh', hub.url);
    const head = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '-H', "Host: a';id;'"];
    t.equal((await promisify(execFile)('curl', [...head, url.href])).stdout, '404');
    t.equal((await fetch(`${hub.url}/install/other.tgz`)).status, 404);
    t.equal((await fetch(`${hub.url}/install/..%2f..%2fpackage.json`)).status, 404);
  });
});
