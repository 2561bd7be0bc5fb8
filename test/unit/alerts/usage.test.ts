import t from 'tap';
import type { Fleet } from '../../../hub/domain/agents/fleet.js';
import { UsageWatch } from '../../../hub/domain/alerts/usage.js';
import { DomainError } from '../../../hub/domain/errors.js';

const use = (usedBytes: number) => ({ totalBytes: 100, usedBytes });

t.test('an agent without an answer, or with a wrong one, is unknown; the others are not', async (t) => {
  const well = { memory: use(50), disk: use(20), servers: [{ serverId: 's1', memoryBytes: 10, diskBytes: null }] };
  const answers: Readonly<Record<string, unknown>> = {
    null: null,
    text: 'x',
    'no memory': { ...well, memory: null },
    'no numbers': { ...well, disk: { totalBytes: 'much', usedBytes: 1 } },
    'no servers': { ...well, servers: null },
    'servers of nothing': { ...well, servers: [null] },
    well,
  };
  const ids = [...Object.keys(answers).slice(0, -1), 'away', 'well'];
  const fleet = {
    agents: () => ids.map((id) => ({ id, operations: ['measureUsage'] })),
    async execute(id: string) {
      if (id === 'away') throw new DomainError('agent_unreachable', 'away');
      return { case: 'json', value: Buffer.from(JSON.stringify(answers[id])) };
    },
  } as unknown as Fleet;
  const watch = new UsageWatch(() => fleet, { measure: async () => ({ memory: use(1), disk: use(2) }) });
  await watch.look();
  t.same(
    ids.filter((id) => watch.agent(id)),
    ['well'],
  );
  t.match(watch.agent('well'), { memory: use(50), disk: use(20) });
  t.same(watch.server('s1', 'well'), { memory: use(10), disk: undefined });
  t.equal(watch.server('s1', 'text'), undefined);
  t.match(watch.hub, { memory: use(1) });
});
