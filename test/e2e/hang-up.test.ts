import { watch } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import t from 'tap';
import { until } from '../automation.js';
import { fixture, startAgent, startHub } from '../roundhouse.js';

t.test('a client that hangs up cancels the call at the MCP server at once', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const folder = join(hub.data, 'cancelled');
  await mkdir(folder);
  const cancelFile = join(folder, 'params.json');
  const transport = {
    type: 'stdio',
    command: process.execPath,
    args: [fixture('slow')],
    env: { CANCEL_FILE: cancelFile },
  };
  const serverId = await hub.connectServer({ name: 'slow', transport });
  const written = watch(folder);
  t.teardown(() => written.close());

  // The tool ends after 30 seconds, before this time-out: the hub cancels the call only because its client hangs up.
  const client = new AbortController();
  const call = hub.call('POST', '/api/tools/wait/invoke', { serverId, timeoutMs: 60_000 }, undefined, {
    signal: client.signal,
  });
  // Requests on connections of their own may overtake each other; commands to one agent do not: once this one is under way, a call that is
  // answered after it tells that it has reached the server.
  await until(hub, '/metrics', (text) => /roundhouse_commands_pending [1-9]/.test(text));
  const other = await hub.call('POST', '/api/tools/quick/invoke', { serverId });
  t.equal(other.status, 200, 'another call to the same server is not held up');
  const cancelled = new Promise<void>((resolve) => {
    written.on('change', (_event, name) => name === basename(cancelFile) && resolve());
  });
  client.abort();
  await t.rejects(call);
  await cancelled;
  t.match(JSON.parse(await readFile(cancelFile, 'utf8')), { requestId: Number }, 'that very request');

  const after = await hub.call('POST', '/api/tools/quick/invoke', { serverId });
  t.equal(after.status, 200, 'the server goes on');
});
