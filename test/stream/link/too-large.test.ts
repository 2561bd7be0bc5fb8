import t from 'tap';
import type { ConnectedAgent, LeftOut, ServerSpec } from '../../../hub/domain/agents/fleet.js';
import { wait } from '../../kit/wait.js';
import { Domain, echo, read, startAgent, startHub } from './rig.js';

/** A domain that keeps the reports of left-out servers. */
class Watching extends Domain {
  readonly leftOut: { ids: LeftOut; reason: string }[] = [];
  onLeftOut(_agent: ConnectedAgent, ids: LeftOut, reason: string) {
    this.leftOut.push({ ids, reason });
  }
}

function large(id: string): ServerSpec {
  return {
    id,
    name: id,
    revision: 1,
    connected: false,
    transport: { case: 'http', value: { url: 'http://127.0.0.1/', headers: { 'X-Long': 'a'.repeat(1024 * 1024) } } },
    auth: { case: undefined },
    healthCheck: { enabled: true, intervalMs: 1000, timeoutMs: 1000 },
    limits: undefined,
  };
}

t.test('an agent whose servers are larger than one message connects without the newest ones', async (t) => {
  const domain = new Watching();
  domain.specs = Array.from({ length: 20 }, (_, i) => large(`server-${`${i}`.padStart(2, '0')}`));
  const hub = await startHub(t, { domain });
  const agent = await startAgent(t, hub);
  await wait('the agent has its servers', () => agent.servers.desired.length > 0);
  t.match(await hub.fleet.execute(agent.id, echo('"works"'), read), { case: 'json' });
  const ids = domain.specs.map(({ id }) => id);
  t.same(
    agent.servers.desired.map((spec) => (spec as ServerSpec).id),
    ids.slice(0, 15),
  );
  t.same(
    domain.leftOut.map(({ ids }) => ids),
    [{ servers: ids.slice(15), devices: [] }],
  );
  t.match(domain.leftOut[0]?.reason, /^the servers and devices of agent 'test' at site 'here' take more than 16 MiB/);
  t.match(hub.lines.join(''), /agent\.state_too_large/);
});
