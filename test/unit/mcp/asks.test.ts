import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { McpClient } from '../../../hub/domain/mcp/clients/client.js';
import { Asks, type PrivateInstance, type PrivateInstances } from '../../../hub/domain/mcp/clients/instances.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { caller } from '../mcp-door/caller.js';

/** Two instances, the questions that their clients have got and lost, and how often the hub looked at the id of an instance. */
function asks() {
  const looks = new Map<string, number>();
  const open = new Set<string>();
  const failed: string[] = [];
  const hello = { capabilities: { sampling: {} }, info: {} };
  const listener = {
    notify() {},
    ask: ({ id }: { id: string }) => void open.add(id),
    unask: (id: string) => void open.delete(id),
  };
  const instanceOf = (id: string) => ({
    get id() {
      looks.set(id, (looks.get(id) ?? 0) + 1);
      return id;
    },
    server: { id: 's1', agentId: 'a1' },
    client: new McpClient(new McpView(caller, {}), hello, listener),
  });
  const known = new Map(['i1', 'i2'].map((id) => [id, instanceOf(id) as unknown as PrivateInstance]));
  const instances = {
    byId: (id: string) => known.get(id),
    answer: (_: string, instanceId: string, askId: string) => void failed.push(`${instanceId} ${askId}`),
  } as unknown as PrivateInstances;
  const made = new Asks(instances, (of: Caller) => of);
  const question = { serverId: 's1', method: 'sampling/createMessage', params: Buffer.from('{}') };
  const ask = (instanceId: string, askId: string) => made.take('a1', { ...question, instanceId, askId });
  return { made, ask, open, failed, looks, instance: (id: string) => known.get(id) as PrivateInstance };
}

t.test('a question costs no look at the questions of other instances', async (t) => {
  const { ask, open, looks } = asks();
  for (let i = 0; i < 64; i += 1) ask('i1', `q${i}`);
  looks.clear();
  ask('i2', 'q');
  t.equal(open.size, 65);
  t.equal(looks.get('i1'), undefined);
});

t.test('an instance has 64 open questions, and an answered or cancelled question makes room', async (t) => {
  const { made, ask, open, failed, instance } = asks();
  for (let i = 0; i < 65; i += 1) ask('i1', `q${i}`);
  t.same(failed, ['i1 q64']);
  made.cancel(instance('i1'), 'q0', '');
  ask('i1', 'q65');
  ask('i1', 'q66');
  t.same(failed, ['i1 q64', 'i1 q66']);
  ask('i2', 'q');
  made.drop(instance('i1'));
  t.same([...open], ['i2 q'], 'the end of an instance ends its own questions only');
  t.equal(made.size, 1);
  ask('i1', 'again');
  t.equal(made.size, 2);
});
