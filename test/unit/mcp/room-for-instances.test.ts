import t from 'tap';
import type { Caller, Role } from '../../../hub/domain/access/caller.js';
import type { ConnectedAgent, Operation, Reply } from '../../../hub/domain/agents/fleet.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { McpClient } from '../../../hub/domain/mcp/clients/client.js';
import { dispensable, type PrivateInstance, PrivateInstances } from '../../../hub/domain/mcp/clients/instances.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { settled } from '../../kit/turns.js';
import { caller } from '../mcp-door/caller.js';
import { json, ScriptedFleet } from '../scripted-fleet.js';

const agent = { id: 'a1', name: 'a1', site: 'local', operations: [] } as unknown as ConnectedAgent;
const server = { id: 's1', name: 's', agentId: 'a1' } as unknown as ServerRecord;

/** Has room for two instances. An ended instance keeps its place until the test releases it. */
class Agent extends ScriptedFleet {
  #there = new Set<string>();
  readonly ending: (() => void)[] = [];
  override before = ({ case: operation, value }: Operation) => {
    if (operation === 'openPrivate') {
      if (this.#there.size >= 2) throw new DomainError('unavailable', 'the server has 2');
      this.#there.add(value.instanceId);
    }
    if (operation !== 'closePrivate') return;
    return new Promise<void>((resolve) => {
      this.ending.push(() => {
        this.#there.delete(value.instanceId);
        resolve();
      });
    });
  };

  protected answer(): Reply {
    return json({ initialize: {}, tools: [] });
  }
}

t.test(
  'a client that comes while instances are ending gets the place of an ended instance, and not the shared one',
  async (t) => {
    const fleet = new Agent(agent);
    const onError = (error: unknown) => t.fail(String(error));
    const instances = new PrivateInstances({
      registry: { byId: () => server },
      observed: new ObservedServers(),
      fleet: () => fleet,
      onError,
    });
    const client = () =>
      new McpClient(
        new McpView(caller, {}),
        { capabilities: { sampling: {} }, info: {} },
        { notify() {}, ask() {}, unask() {} },
      );
    const [first, second] = [client(), client()];
    await Promise.all([instances.get(first, server), instances.get(second, server)]);
    instances.closeAll(first);
    instances.closeAll(second);
    const later = [client(), client(), client()].map((one) => instances.get(one, server));
    await settled();
    t.equal(fleet.ending.length, 2);
    for (const end of fleet.ending) end();
    const [third, fourth, fifth] = await Promise.all(later);
    t.ok(third?.isOpen && fourth?.isOpen, 'as many as there is room for');
    t.equal(fifth, undefined, 'one more has to share, and waits for nothing');
  },
);

const hello = { capabilities: { sampling: {} }, info: {} };
const clientOf = (who: Caller) => new McpClient(new McpView(who, {}), hello, { notify() {}, ask() {}, unask() {} });

t.test('only a client that may call a tool of a server gets an instance of it', async (t) => {
  const observed = new ObservedServers();
  const tools = [{ name: 'count', definition: Buffer.from('{"name":"count"}') }];
  const rest = { error: '', pid: 0, attempt: 0, nextAttemptMs: 0, version: '', connectTimeMs: 0 };
  const initializeResult = new Uint8Array();
  observed.report('a1', { serverId: 's1', revision: 1, state: 'connected', tools, initializeResult, ...rest });
  const fleet = new Agent(agent);
  const onError = (error: unknown) => t.fail(String(error));
  const instances = new PrivateInstances({ registry: { byId: () => server }, observed, fleet: () => fleet, onError });
  const gets = async (role: Role, granted?: readonly string[]) => {
    const who = { ...caller, role, grants: granted ? { tools: granted } : null };
    return (await instances.get(clientOf(who), server)) !== undefined;
  };
  t.notOk(await gets('viewer'), 'a viewer calls no tools');
  t.notOk(await gets('user', ['none']));
  t.same(fleet.asked, [], 'nothing is started');
  t.ok(await gets('user', ['count']));
  t.ok(await gets('user'));
});

t.test(
  'the tools of private instances have a bound for a payer and for an agent, and further tools are left out',
  async (t) => {
    const tool = (name: string) => ({ name, description: 'x'.repeat(1000), inputSchema: { type: 'object' } });
    class Site extends ScriptedFleet {
      protected answer(): Reply {
        return json({ initialize: {}, tools: [tool('first'), tool('second')] });
      }
    }
    const fleet = new Site(agent);
    const left: string[] = [];
    const instances = new PrivateInstances({
      registry: { byId: () => server },
      observed: new ObservedServers(),
      fleet: () => fleet,
      mostKept: { ofPayer: 7000, ofAgent: 11_000 },
      onLeftOut: (_, tools) => left.push(tools.join(' ')),
      onError: (error) => t.fail(String(error)),
    });
    const toolsOf = async (id: string) => {
      const instance = await instances.get(clientOf({ ...caller, id }), server);
      return { instance, names: instance?.tools.map(({ name }) => name).join(' ') };
    };
    const first = await toolsOf('one');
    t.equal(first.names, 'first second');
    t.equal((await toolsOf('one')).names, 'first', 'the same payer has no room');
    t.same(left, ['second']);
    t.equal((await toolsOf('two')).names, 'first second', 'another payer has');
    t.equal((await toolsOf('three')).names, '', 'the agent has no room');
    if (!first.instance) throw new Error('the instance is there');
    await instances.close(first.instance);
    t.equal((await toolsOf('three')).names, 'first second', 'an ended instance gives its room up');
  },
);

t.test(
  'a client that needs room takes it from its own instances first, and from others only beyond their share',
  async (t) => {
    const away = (id: string, server: ServerRecord, usedAt: number) => {
      const client = clientOf({ ...caller, id });
      client.awaySince = 1;
      return { client, server, usedAt, busy: 0 } as unknown as PrivateInstance;
    };
    const [mine, theirs] = [clientOf({ ...caller, id: 'mine' }), clientOf({ ...caller, id: 'theirs' })];
    const kept = away('theirs', server, 1);
    const many = [3, 4, 5].map((usedAt) => away('mine', server, usedAt));
    t.equal(dispensable([kept, ...many], server, mine), many[0]);
    t.equal(dispensable([kept, ...many], server, theirs), kept, 'its own first');
    t.equal(dispensable([...many, kept], server, clientOf({ ...caller, id: 'third' })), many[0], 'more than a share');
    t.equal(dispensable([kept, ...many.slice(1)], server, clientOf({ ...caller, id: 'third' })), undefined);
    const own = { ...caller, id: 'child', countedAs: 'api_key:mine' };
    t.equal(
      dispensable([kept, many[0] as PrivateInstance], server, clientOf(own)),
      many[0],
      'a key counts with its maker',
    );
  },
);
