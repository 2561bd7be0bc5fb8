import t from 'tap';
import { fixture, startAgent, startHub } from '../roundhouse.js';

t.test("a server that hangs delays no list, and no other server's call", async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const transport = (program: string) => ({ type: 'stdio', command: process.execPath, args: [fixture(program)] });
  const hung = await hub.connectServer({ name: 'hung', transport: transport('tells') });
  await hub.connectServer({ name: 'well', transport: transport('read-only') });
  const { pid } = (await hub.call('GET', `/api/servers/${hung}`)).body.data.runtime;
  t.ok(pid > 0, 'its process is known');
  process.kill(pid, 'SIGSTOP');
  t.teardown(() => process.kill(pid, 'SIGCONT'));
  let settled = false;
  const waiting = hub
    .call('POST', '/api/tools/say/invoke', { serverId: hung, arguments: { word: 'a' } })
    .finally(() => {
      settled = true;
    });
  const tools = (await hub.call('GET', '/api/tools')).body.data;
  t.ok(
    tools.tools.some(({ name }: { name: string }) => name === 'say'),
    'its tools are listed as last known',
  );
  for (const path of ['/api/servers', '/api/v1/servers', '/api/v1/status', '/api/monitor', '/api/tools?server=hung'])
    t.equal((await hub.call('GET', path)).status, 200, path);
  const { name } = tools.tools.find(({ serverName }: { serverName: string }) => serverName === 'well');
  t.equal((await hub.call('POST', `/api/tools/${name}/invoke`, {})).status, 200, 'the other one answers');
  t.notOk(settled, 'all that while the call of the hung one waits');
  process.kill(pid, 'SIGCONT');
  t.equal((await waiting).status, 200, 'and ends once it goes on');
});
