import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { commands, words } from '../../kit/commands.js';
import { commandLine, type RunningCommand } from '../../roundhouse.js';
import { tempFolder } from '../../temp-folder.js';

/** A hub that answers when the test says so. */
async function silentHub(t: Test) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  /** The answer that a command waits for. */
  const asked = (command: RunningCommand) =>
    Promise.race([
      once(server, 'request').then(([, response]) => response as ServerResponse),
      command.ended.then((code) => Promise.reject(new Error(`it ended with ${code}: ${command.stderr}`))),
    ]);
  return { url, asked };
}

// Once for all tests: a timer that ends late must not be taken for one of the next test.
mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
t.teardown(() => mock.timers.reset());

/** Lets time pass, and everything that is due happen. */
async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await setImmediate();
}

/** Standard error, with a mark for each place where the terminal clears the rest of its line. */
const errorsOf = ({ stderr }: RunningCommand) => stderr.replaceAll('\u001b[K', '⌫');
/** The end of it while a line stands there, and once it is gone. */
const shown = / \(\d+ s\)⌫$/;
const gone = /\r⌫$/;

const files = {
  'fleet.yaml': 'apiVersion: roundhouse/v1\ngroups: {a: {}}',
  'prod.key': 'mcp_key',
  'mcp.json': JSON.stringify({ mcpServers: { files: { command: 'files' } } }),
  'memory.yaml': 'type: stdio\ncommand: memory',
  'ntp.conf': 'ntp server 192.0.2.1',
  config: [
    'current-context: one',
    'contexts: [{name: one, context: {cluster: one, user: one}}]',
    'clusters: [{name: one, cluster: {server: "https://127.0.0.1:1"}}]',
    'users: [{name: one, user: {token: token}}]',
  ].join('\n'),
};

for (const [path, { example, hub }] of commands) {
  // `mcp` first waits for its client, and `registry add` first asks the registry.
  if ((hub === 'none' && path !== 'context add') || ['mcp', 'registry add'].includes(path)) continue;
  t.test(`'${path}' shows on a terminal only that it waits for the hub`, async (t) => {
    for (const isTerminal of [true, false]) {
      const { url, asked } = await silentHub(t);
      const contexts = JSON.stringify({ current: 'prod', contexts: { prod: { hub: url, key: 'mcp_key' } } });
      const folder = tempFolder(t, { ...files, 'contexts.json': contexts });
      const cli = commandLine(t, { url }, { env: { ROUNDHOUSE_CONTEXTS: join(folder, 'contexts.json') } });
      const inFolder = new Set([...Object.keys(files), 'monday.backup', 'report.json']);
      const given = words(example).map((word, n) => {
        if (word === 'https://hub.example.org') return url;
        return n >= path.split(' ').length && inFolder.has(basename(word)) ? join(folder, basename(word)) : word;
      });
      const command = cli.start(t, given, { isTerminal, input: 'a-long-secret\na-long-secret\n' });
      const answer = await asked(command);
      await pass(999);
      t.notMatch(errorsOf(command), shown);
      await pass(1);
      if (isTerminal) t.match(errorsOf(command), shown);
      else t.notMatch(errorsOf(command), shown);
      command.interrupt();
      answer.destroy();
      await command.ended;
      if (isTerminal) t.match(errorsOf(command), gone);
    }
  });
}

t.test('the line names the hub, and is removed before the result, a question and a failure', async (t) => {
  const { url, asked } = await silentHub(t);
  const cli = commandLine(t, { url }, { isTerminal: true });
  const waiting = `waiting for ${url} (`;
  const list = cli.start(t, ['site', 'list']);
  const sites = await asked(list);
  await pass(1000);
  t.match(errorsOf(list), waiting);
  sites.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true,"data":[]}');
  t.equal(await list.ended, 0);
  t.match(errorsOf(list), /\r⌫no sites: [^\r]*$/);

  const remove = cli.start(t, ['server', 'remove', 'files']);
  const server = await asked(remove);
  await pass(1000);
  t.match(errorsOf(remove), waiting);
  const found = { success: true, data: { id: 'files', name: 'files', site: 'oslo' } };
  server.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
  await remove.written('[y/N]');
  t.match(errorsOf(remove), /\r⌫Remove server 'files' of site 'oslo'\? \[y\/N\] $/);
  const before = remove.stderr;
  await pass(5000);
  t.equal(remove.stderr, before, 'the user, not the hub, is awaited');
  remove.type('y');
  const removed = await asked(remove);
  await pass(1000);
  t.match(remove.stderr.slice(before.length), waiting);
  removed.destroy();
  t.equal(await remove.ended, 3);
  t.match(errorsOf(remove), /\r⌫roundhouse: [^\r]*\n$/);
});
