import { fromBinary } from '@bufbuild/protobuf';
import { ConnectResponseSchema } from '@roundhouse/proto/agent/v1/link';
import t from 'tap';
import type { DeviceSpec } from '../../../hub/domain/agents/contract.js';
import type { ServerSpec } from '../../../hub/domain/agents/fleet.js';
import { encodeDesired } from '../../../hub/fleet/link/desired.js';
import { othersDuring } from '../../kit/turns.js';

const KiB = 1024;

function server(id: string, bytes = 0): ServerSpec {
  return {
    id,
    name: id,
    revision: 1,
    connected: true,
    transport: { case: 'http', value: { url: 'http://127.0.0.1/', headers: { 'X-Long': 'a'.repeat(bytes) } } },
    auth: { case: undefined },
    healthCheck: { enabled: true, intervalMs: 1000, timeoutMs: 1000 },
    limits: undefined,
  };
}

function device(id: string, bytes = 0): DeviceSpec {
  const credentials = { username: 'admin', password: 'p'.repeat(bytes), privateKey: '', passphrase: '' };
  return {
    ...{ id, name: id, revision: 1, connected: true, onDemand: true, platform: 'frr', hostname: 'a', port: 22 },
    ...{ credentials, enablePassword: '', hostKey: '', pinGeneration: 0, legacyAlgorithms: false },
    times: { connectMs: 0, commandMs: 0, keepaliveMs: 0, idleMs: 0 },
  };
}

/** The ids of a frame's servers and devices, as an agent reads them. */
function idsIn(frame: Buffer) {
  const [first, ...others] = fromBinary(ConnectResponseSchema, frame).frames;
  if (first?.frame.case !== 'desired' || others.length > 0) throw new Error('not the desired state alone');
  const { servers, devices } = first.frame.value;
  return { servers: servers.map(({ id }) => id), devices: devices.map(({ id }) => id) };
}

t.test('an agent gets all servers and devices that fit into one message', async (t) => {
  const { frame, leftOut } = await encodeDesired([server('b'), server('a')], [device('c')], 16 * KiB);
  t.same(idsIn(frame), { servers: ['b', 'a'], devices: ['c'] });
  t.same(leftOut, { servers: [], devices: [] });
  t.same(idsIn((await encodeDesired([], [], 16 * KiB)).frame), { servers: [], devices: [] });
});

t.test('the newest servers and devices that do not fit into one message are left out', async (t) => {
  const servers = [server('5', 6 * KiB), server('1', 6 * KiB), server('3', 6 * KiB)];
  const devices = [device('4', 6 * KiB), device('2', 2 * KiB), device('6')];
  const { frame, leftOut } = await encodeDesired(servers, devices, 16 * KiB);
  t.ok(frame.length <= 16 * KiB, `${frame.length} bytes`);
  t.same(idsIn(frame), { servers: ['1', '3'], devices: ['2', '6'] });
  t.same(leftOut, { servers: ['5'], devices: ['4'] });
});

t.test('other work runs while the hub writes the desired state', async (t) => {
  const servers = Array.from({ length: 60 }, (_, i) => server(`s${i}`));
  const devices = Array.from({ length: 60 }, (_, i) => device(`d${i}`));
  const rounds = await othersDuring(t, () => encodeDesired(servers, devices, 1024 * KiB));
  t.ok(rounds > 20, `other work ran ${rounds} times`);
});
