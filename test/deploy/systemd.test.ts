import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { freePort } from '../free-port.mjs';
import { blocks, shellBlocks } from '../kit/markdown.js';
import { runShell, shells, strict } from '../kit/shell.js';
import { part } from '../parts.js';
import { outsideFolder, tempFolder } from '../temp-folder.js';

const clone = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(clone, 'deploy/systemd');
const units = ['roundhouse-hub.service', 'roundhouse-agent.service'];
/** The units of the manual, in its order. */
const ofManual = ['roundhouse-backup.service', 'roundhouse-backup.timer'];

/** Installs into a folder, as a package would. */
function install(root: string, ...parts: string[]) {
  return spawnSync(join(folder, 'install.sh'), parts, { env: { ...process.env, ROOT: root }, encoding: 'utf8' });
}

/** Runs the installed program until a line is in its log, and stops it; gives its exit. */
async function run(t: Test, root: string, args: readonly string[], says: string) {
  const program = join(root, 'opt/roundhouse/agent/bin/roundhouse.mjs');
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (!line.includes(says)) continue;
    child.kill('SIGTERM');
  }
  const [code] = await exit;
  return { code: code as number | null, lines };
}

/**
 * The lines around the commands of the page: systemd is not process 1 of a machine of tests. In its place a function starts the `ExecStart` of a unit, with its
 * `Environment`, below the folder of the installation. A function in place of the editor writes the settings.
 */
const withoutSystemd = (port: number, agentPort: number) => `${strict}
export ROUNDHOUSE_URL=http://127.0.0.1:${port}
services=()
trap 'for service in "\${services[@]}"; do kill $service; done; wait' EXIT
systemctl() {
  [ "$1 $2" = 'enable --now' ]
  local unit=$ROOT/etc/systemd/system/$3.service below="s|/var/lib/|$ROOT/var/lib/|g; s|/usr/local/bin/roundhouse |$ROOT/opt/roundhouse/agent/bin/roundhouse.mjs |"
  (
    export CREDENTIALS_DIRECTORY=$ROOT/etc/roundhouse
    eval "export $(sed -n 's/^Environment=//p' "$unit" | sed "$below")"
    eval "exec '${process.execPath}' $(sed -n 's/^ExecStart=//p' "$unit" | sed "$below")"
  ) &
  services+=($!)
}
roundhouse() { '${process.execPath}' "$ROOT/opt/roundhouse/agent/bin/roundhouse.mjs" "$@" | tee "$ROOT/token"; }
vi() {
  case $1 in
    */hub.yaml) printf 'listen: 127.0.0.1:${port}\nagent_listen: 127.0.0.1:${agentPort}\n' > "$1" ;;
    */agent.yaml) printf 'hub: 127.0.0.1:${agentPort}\ntoken: %s\n' "$(cat "$ROOT/token")" > "$1" ;;
  esac
}
`;

/** The end of a page: the agent is at the hub. */
const joined = (port: number) => `
until curl -sS -H "Authorization: Bearer $(cat "$ROOT/var/lib/roundhouse/first-key")" http://127.0.0.1:${port}/api/sites | grep '"connectedAgents":1'; do sleep 0.1; done
`;

for (const shell of shells)
  t.test(`the commands of the page bring hub and agent up, in ${shell}`, async (t) => {
    if (shell === 'zsh' && !part(t, 'zsh')) return;
    const path = 'deploy/systemd/README.md';
    const root = outsideFolder(t, { var: { lib: {} } });
    const [port, agentPort] = [await freePort(), await freePort()];
    const commands = shellBlocks(path, 'systemctl enable').map((block) =>
      block
        .replaceAll('/etc/roundhouse', `${root}/etc/roundhouse`)
        .replaceAll('/var/lib/roundhouse', `${root}/var/lib/roundhouse`)
        .replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`),
    );
    const lines = [withoutSystemd(port, agentPort), ...commands, joined(port)];
    t.match(await runShell(t, clone, lines, shell, { ...process.env, ROOT: root }), '"name":"berlin"');
  });

t.test('services of systemd', async (t) => {
  if (!part(t, 'systemd')) return;
  const root = outsideFolder(t, {
    etc: {
      roundhouse: { 'hub.yaml': 'listen: 127.0.0.1:0\nagent_listen: 127.0.0.1:0\n' },
      systemd: { system: { 'roundhouse-hub.service': '' } },
    },
    opt: { roundhouse: { 'of-the-old-version': '' } },
  });
  const installed = install(root, 'agent');
  t.equal(installed.status, 0, installed.stderr);

  await t.test('a part that is installed alone upgrades the other one, which is there', async (t) => {
    for (const part of ['hub', 'agent'])
      t.ok(existsSync(join(root, 'opt/roundhouse', part, `bundle/${part}.cjs`)), part);
  });

  await t.test('the units are sound where they are installed', async (t) => {
    // The units that they build upon.
    mkdirSync(join(root, 'usr/lib/systemd'), { recursive: true });
    cpSync('/lib/systemd/system', join(root, 'usr/lib/systemd/system'), { recursive: true, verbatimSymlinks: true });
    for (const [at, text] of blocks('docs/operate/backup.md', 'ini').entries())
      writeFileSync(join(root, 'etc/systemd/system', ofManual[at] ?? ''), text);
    // The programs that the unit of the backup starts.
    for (const program of ['bin/mkdir', 'bin/sh', 'usr/bin/find']) {
      mkdirSync(dirname(join(root, program)), { recursive: true });
      copyFileSync(`/${program}`, join(root, program));
    }
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', `--root=${root}`, ...units, ...ofManual], {
      encoding: 'utf8',
    });
    t.same([status, stderr], [0, '']);
  });

  await t.test('and exposed to little', async (t) => {
    for (const unit of units) {
      // 100 would be a service that may do anything.
      const args = ['security', '--offline=true', '--threshold=20', join(root, 'etc/systemd/system', unit)];
      const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      t.equal(status, 0, stdout);
    }
  });

  await t.test('settings survive an upgrade, the old version does not', async (t) => {
    t.match(readFileSync(join(root, 'etc/roundhouse/hub.yaml'), 'utf8'), /^listen: 127\.0\.0\.1:0/);
    t.equal(statSync(join(root, 'etc/roundhouse/agent.yaml')).mode & 0o777, 0o600);
    t.equal(statSync(join(root, 'etc/roundhouse')).mode & 0o777, 0o700);
    t.notOk(existsSync(join(root, 'opt/roundhouse/of-the-old-version')));
    t.notOk(existsSync(join(root, 'opt/roundhouse.old')));
    t.ok(lstatSync(join(root, 'usr/local/bin/roundhouse')).isSymbolicLink());
  });

  await t.test('the installed hub runs without the clone, and ends on a signal', async (t) => {
    const settings = join(root, 'etc/roundhouse/hub.yaml');
    const { code, lines } = await run(t, root, ['hub', '--config', settings, '--data', tempFolder(t)], 'hub is ready');
    t.equal(code, 0, lines.join('\n'));
    const help = execFileSync(process.execPath, [join(root, 'opt/roundhouse/agent/bin/roundhouse.mjs'), '--version']);
    t.match(help.toString(), /^\d+\.\d+\.\d+/);
  });

  await t.test('the installer refuses an unknown part', async (t) => {
    const { status, stderr } = install(root, 'hubs');
    t.same([status, stderr], [2, "'hubs' is neither hub nor agent\n"]);
  });
});
