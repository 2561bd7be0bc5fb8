import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../automation.js';
import { runs, tempFolder } from '../parts/agent/harness.js';
import { fixture, runAgent, startAgentProcess, startHub } from '../roundhouse.js';

t.test('kill -9 of the agent: nothing of its servers survives its next start, and later calls succeed', async (t) => {
  const folder = tempFolder(t);
  const hub = await startHub(t);
  const agent = await startAgentProcess(t, hub);
  const file = join(folder, 'pids.json');
  const command = { type: 'stdio', command: process.execPath };
  await hub.connectServer({
    name: 'deaf',
    transport: { ...command, args: [fixture('forks')], env: { PIDS_FILE: file } },
  });
  const serverId = await hub.connectServer({ name: 'plain', transport: { ...command, args: [fixture('slow')] } });
  const pids = JSON.parse(readFileSync(file, 'utf8')) as number[];
  t.teardown(() => {
    for (const pid of pids) if (runs(pid)) process.kill(pid, 'SIGKILL');
  });
  const { body } = await hub.call('GET', '/api/servers/plain');
  pids.push(body.data.runtime.pid);

  const pending = hub.call('POST', '/api/tools/wait/invoke', { serverId });
  await agent.stop('SIGKILL');
  t.equal((await pending).status, 503);
  t.same(pids.slice(0, 2).map(runs), [true, true], 'they do not end by themselves');

  const from = hub.log.length;
  runAgent(t, ['--data', agent.data]);
  await hub.logged(({ body }) => body === 'agent connected', from);
  await until(hub, '/api/servers/plain', ({ data }) => data.status === 'connected');
  t.same(pids.map(runs), [false, false, false]);
  const answer = await hub.call('POST', '/api/tools/quick/invoke', { serverId });
  t.equal(answer.status, 200);
});
