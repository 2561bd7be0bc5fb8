import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { pluginTerminal, readPluginCall } from '../../../hub/cli/docker-mcp/plugin.js';
import { processTerminal } from '../../../hub/cli/frame/terminal.js';

t.test('a plugin finds its own words after Docker’s', (t) => {
  const run = (...argv: string[]) => ({ kind: 'run', argv });
  t.same(readPluginCall(['docker-cli-plugin-metadata']), { kind: 'metadata' });
  t.same(readPluginCall(['mcp', 'server', 'list']), run('server', 'list'));
  t.same(readPluginCall(['--context', 'mcp', '-D', '--log-level=error', 'mcp', 'version']), run('version'));
  t.same(readPluginCall(['help', 'mcp', 'server']), run('server', '--help'));
  t.same(readPluginCall(['__completeNoDesc', 'mcp', 'server', '']), { kind: 'complete', words: ['server', ''] });
  t.end();
});

const isLinux = process.platform === 'linux' ? {} : { skip: 'Docker has such sockets on Linux' };

t.test("the end of Docker's socket interrupts a command", isLinux, async (t) => {
  // On Linux, Docker gives an address without a file.
  const name = `docker_cli_${randomUUID()}`;
  const server = createServer();
  server.listen(`\0${name}`);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const terminal = pluginTerminal({ ...processTerminal, env: { DOCKER_CLI_PLUGIN_SOCKET: `@${name}` } });
  const [socket] = await once(server, 'connection');
  const interrupted = new Promise<void>((resolve) => {
    const release = terminal.onInterrupt(resolve);
    t.teardown(release);
  });
  socket.end();
  await interrupted;
});
