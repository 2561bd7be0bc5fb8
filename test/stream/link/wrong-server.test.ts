import { create } from '@bufbuild/protobuf';
import { DeviceReportSchema } from '@roundhouse/proto/agent/v1/device';
import { ServerReportSchema } from '@roundhouse/proto/agent/v1/server';
import t from 'tap';
import type { Operation } from '../../../agent/operations/operation.js';
import { read, startAgent, startHub, table } from './rig.js';

const connectServer: Operation<'connectServer'> = {
  name: 'connectServer',
  run: ({ serverId }) => ({
    case: 'server',
    value: create(ServerReportSchema, { serverId: serverId === 'honest' ? serverId : 'of-another-site' }),
  }),
};
const connectDevice: Operation<'connectDevice'> = {
  name: 'connectDevice',
  run: () => ({ case: 'device', value: create(DeviceReportSchema, { deviceId: 'of-another-site' }) }),
};
const operations = table(connectServer as never, connectDevice as never);

t.test('an agent may report only on the server of the command', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub, { operations });
  const ask = (serverId: string) => hub.fleet.execute(agent.id, { case: 'connectServer', value: { serverId } }, read);
  t.match(await ask('honest'), { case: 'server', value: { serverId: 'honest' } });
  t.equal(hub.fleet.stats().violations, 0);
  await t.rejects(ask('mine'), { code: 'upstream_failed', message: /another server or device/ });
  t.match(hub.fleet.stats(), { foreignResults: 1, violations: 1 }, 'the agent is cut off, and that is counted');
});

t.test('an agent may report only on the network device of the command', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub, { operations });
  const operation = { case: 'connectDevice', value: { deviceId: 'mine' } } as const;
  await t.rejects(hub.fleet.execute(agent.id, operation, read), { message: /another server or device/ });
  t.match(hub.fleet.stats(), { foreignResults: 1, violations: 1 });
});
