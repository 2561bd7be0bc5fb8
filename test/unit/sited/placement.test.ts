import t from 'tap';
import type { AgentView } from '../../../hub/domain/agents/agents.js';
import { place } from '../../../hub/domain/sited/placement.js';

const words = {
  none: 'no agent',
  several: 'there are several',
  elsewhere: (site: string) => `unknown site '${site}'; known`,
};

const agent = (id: string, site: string, isConnected = true) =>
  ({ record: { id, site }, connection: isConnected ? {} : undefined }) as AgentView;

t.test('without a named site the only site wins, and `local` wins over others', async (t) => {
  t.same(place([agent('a', 'x')], { site: undefined, words }), { site: 'x', agentId: 'a' });
  t.same(place([agent('a', 'x'), agent('b', 'local')], { site: undefined, words }), { site: 'local', agentId: 'b' });
});

t.test('if several sites are possible, the client has to name one', async (t) => {
  const agents = [agent('a', 'x'), agent('b', 'y')];
  t.throws(() => place(agents, { site: undefined, words }), {
    code: 'invalid_input',
    message: 'site: needed, since there are several: x, y',
  });
  t.same(place(agents, { site: 'y', words }), { site: 'y', agentId: 'b' });
  t.throws(() => place(agents, { site: 'z', words }), { message: "site: unknown site 'z'; known: x, y" });
});

t.test('a thing that may go anywhere goes to the agent with the most room', async (t) => {
  const load = (id: string) => (id === 'a' ? 2 : 1);
  const agents = [agent('a', 'x'), agent('b', 'y')];
  t.same(place(agents, { site: undefined, anywhere: true, load, words }), { site: 'y', agentId: 'b' });
});

t.test('an agent that is away comes after all connected agents', async (t) => {
  const load = (id: string) => (id === 'connected' ? 1000 : 0);
  const agents = [agent('away', 'x', false), agent('connected', 'x')];
  t.same(place(agents, { site: 'x', load, words }), { site: 'x', agentId: 'connected' });
});

t.test('without an agent a placement is not possible yet', async (t) => {
  t.throws(() => place([], { site: 'x', words }), { code: 'unavailable', message: 'no agent' });
});
