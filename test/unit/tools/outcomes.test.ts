import t from 'tap';
import { InvocationOutcomes } from '../../../hub/domain/tools/outcomes.js';

const watched = () => new InvocationOutcomes({ observe: () => () => {} } as never);

/** The tools of a server that are counted, with their calls. */
const toolsOf = (outcomes: InvocationOutcomes, id: string) =>
  new Map([...outcomes.all()].filter(({ serverId }) => serverId === id).map(({ tool, success }) => [tool, success]));

t.test('metrics count 250 tools of a server apart, and its further tools together', async (t) => {
  const outcomes = watched();
  for (let i = 0; i < 20_000; i += 1) outcomes.count({ id: 'greedy' }, `tool-${i}`, true);
  outcomes.count({ id: 'other' }, 'read', true);
  t.equal(toolsOf(outcomes, 'greedy').get('(other)'), 19_750);
  t.equal(toolsOf(outcomes, 'greedy').size, 251);
  t.same([...toolsOf(outcomes, 'other')], [['read', 1]]);
});

t.test('metrics count ten tools of each server apart in any case', async (t) => {
  const outcomes = watched();
  for (let server = 0; server < 50; server += 1)
    for (let i = 0; i < 250; i += 1) outcomes.count({ id: `greedy-${server}` }, `tool-${i}`, true);
  for (let i = 0; i < 12; i += 1) outcomes.count({ id: 'late' }, `tool-${i}`, true);
  const late = toolsOf(outcomes, 'late');
  t.equal(late.get('tool-9'), 1);
  t.equal(late.get('(other)'), 2);
});

t.test('metrics count the tools of a private server together', async (t) => {
  const outcomes = watched();
  for (const tool of ['read', 'write']) outcomes.count({ id: 'diary', ownerId: 'ada' }, tool, true);
  t.same([...toolsOf(outcomes, 'diary')], [['(other)', 2]]);
});
