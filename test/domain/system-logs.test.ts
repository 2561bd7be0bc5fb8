import t from 'tap';
import { CancelSource } from '../../hub/domain/cancellation.js';
import { startDomain } from '../kit/domain.js';
import { json } from '../kit/scripted-site.js';

const query = { text: '', limit: 5, level: undefined, sinceMs: 0, untilMs: 0 } as const;

t.test('an agent puts no entry above the newest entries, and no number that is no count into the total', async (t) => {
  const hub = await startDomain(t);
  const { caller } = await hub.caller('operator');
  const answer = (total: number) => {
    const entry = { timestamp: '9999-01-01T00:00:00.000Z', level: 'info', source: 'agent', message: 'first of all' };
    hub.fleet.answers.set('searchLog', () => json({ entries: [{ server: '', entry }], total, complete: true }));
    return hub.domain.systemLogs.search(caller, 'agent/local', query, new CancelSource());
  };
  const { entries, total } = await answer(1);
  t.same([entries.map(({ timeMs }) => timeMs), total], [[Date.now()], 1]);
  for (const wrong of [-5, 0.5, 1e300])
    t.match(await answer(wrong), { entries: { length: 0 }, total: 0, unanswered: [{ agent: 'local' }] }, String(wrong));
});
