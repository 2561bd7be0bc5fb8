import t, { type Test } from 'tap';
import type { ConnectedAgent, Operation, Reply } from '../../../hub/domain/agents/fleet.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { McpClient } from '../../../hub/domain/mcp/clients/client.js';
import { type PrivateInstance, PrivateInstances } from '../../../hub/domain/mcp/clients/instances.js';
import { Previews } from '../../../hub/domain/mcp/clients/previews.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { othersDuring, settled } from '../../kit/turns.js';
import { caller } from '../mcp-door/caller.js';
import { json, ScriptedFleet } from '../scripted-fleet.js';

const agent = { id: 'a1', name: 'a1', site: 'local', operations: [] } as unknown as ConnectedAgent;

/** Opens instances with these tools. */
class Agent extends ScriptedFleet {
  tools: readonly object[] = [];

  protected answer({ case: operation }: Operation): Reply {
    return json(operation === 'openPrivate' ? { initialize: {}, tools: this.tools } : {});
  }

  get opened(): number {
    return this.asked.filter(({ case: operation }) => operation === 'openPrivate').length;
  }
}

/** A number of servers with one tool each, `a`. */
function previews(t: Test, count = 1) {
  const records = Array.from({ length: count }, (_, i) => ({ id: `s${i}`, name: `s${i}`, agentId: 'a1' }));
  const observed = new ObservedServers();
  const report = (serverId: string, state: 'connected' | 'disconnected') => {
    const rest = { error: '', pid: 0, attempt: 0, nextAttemptMs: 0, version: '', connectTimeMs: 0, revision: 1 };
    const tools = [{ name: 'a', definition: Buffer.from('{"name": "a"}') }];
    observed.report('a1', { serverId, state, tools, initializeResult: new Uint8Array(), ...rest });
  };
  for (const { id } of records) report(id, 'connected');
  const fleet = new Agent(agent);
  const onError = (error: unknown) => t.fail(String(error));
  const registry = {
    all: () => records as unknown as ServerRecord[],
    byId: (id: string) => records.find((one) => one.id === id) as ServerRecord | undefined,
  };
  const instances = new PrivateInstances({
    registry,
    observed,
    fleet: () => fleet,
    onError,
  });
  const said: string[] = [];
  let wake = () => {};
  const say = (what: string) => {
    said.push(what);
    wake();
  };
  const made = new Previews({
    registry,
    observed,
    instances,
    changed: () => say('changed'),
    end: (instance: PrivateInstance) => {
      instances.close(instance).then(() => say('ended'), onError);
    },
    onError,
  });
  const client = (capabilities: Record<string, object> = { sampling: {} }) =>
    new McpClient(new McpView(caller, {}), { capabilities, info: {} }, { notify() {}, ask() {}, unask() {} });
  /** Resolves with this many first messages. */
  const told = async (many: number) => {
    while (said.length < many)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return said.splice(0);
  };
  return { previews: made, fleet, client, told, instances, report };
}

t.test('a preview without a difference ends at once, and is not repeated until the tools change', async (t) => {
  const { previews: made, fleet, client, told, report } = previews(t);
  fleet.tools = [{ name: 'a' }];
  made.listed(client());
  t.same(await told(1), ['ended']);
  made.listed(client());
  await settled();
  t.equal(fleet.opened, 1);
  made.listed(client({ roots: {} }));
  t.same(await told(1), ['ended'], 'clients of another kind may have others');
  report('s0', 'connected');
  fleet.tools = [{ name: 'a' }, { name: 'b' }];
  made.listed(client());
  t.same(await told(1), ['changed']);
});

t.test('clients without capabilities, and servers that are away, are left alone', async (t) => {
  const { previews: made, fleet, client, report } = previews(t);
  made.listed(client({}));
  report('s0', 'disconnected');
  made.listed(client());
  await settled();
  t.equal(fleet.asked.length, 0);
});

t.test('if tools differ, each client gets its own instance, as long as there is room', async (t) => {
  const { previews: made, fleet, client, told, instances } = previews(t);
  fleet.tools = [{ name: 'b' }];
  for (let i = 0; i < 8; i += 1) {
    const one = client();
    made.listed(one);
    t.same(await told(1), ['changed']);
    t.equal([...instances.of(one)][0]?.tools[0]?.name, 'b');
    made.listed(one);
    await settled();
  }
  made.listed(client());
  await settled();
  t.equal(fleet.opened, 8, 'half of what an agent allows of a server');
});

t.test('a few previews at a time; a failed server is skipped; a client that is gone gets no more', async (t) => {
  const { previews: made, fleet, client, told } = previews(t, 12);
  fleet.tools = [{ name: 'b' }];
  let answer = () => {};
  fleet.before = () => {
    if (fleet.opened === 1) throw new DomainError('upstream_failed', 'it does not start');
    return wait;
  };
  const one = client();
  const wait = new Promise<void>((resolve) => {
    answer = resolve;
  });
  made.listed(one);
  await settled();
  t.equal(fleet.opened, 5, 'four, and the failed one');
  answer();
  made.drop(one);
  t.same(await told(4), ['changed', 'changed', 'changed', 'changed']);
  await settled();
  t.equal(fleet.opened, 5);
});

t.test('a preview whose client leaves, or that is slow or out of reach, hides nothing from others', async (t) => {
  for (const code of ['cancelled', 'timeout', 'agent_unreachable', 'upstream_failed'] as const) {
    const { previews: made, fleet, client, told } = previews(t);
    fleet.tools = [{ name: 'b' }];
    let fail = (_: DomainError) => {};
    fleet.before = () =>
      new Promise((_, reject) => {
        fail = reject;
      });
    made.listed(client());
    await settled();
    fleet.before = () => {};
    fail(new DomainError(code, 'not now'));
    await settled();
    made.listed(client());
    await settled();
    if (code === 'upstream_failed') t.equal(fleet.opened, 1, 'a server that does not start is left');
    else if (t.equal(fleet.opened, 2, code)) t.same(await told(1), ['changed']);
  }
});

t.test('other work runs while the hub looks at many servers for a client', async (t) => {
  const { previews: made, fleet, client, told, report } = previews(t, 400);
  fleet.tools = [{ name: 'b' }];
  for (let i = 0; i < 399; i += 1) report(`s${i}`, 'disconnected');
  const others = await othersDuring(t, async () => {
    made.listed(client());
    t.same(await told(1), ['changed']);
  });
  t.ok(others >= 100, `others went on ${others} times`);
});

t.test('the hub reads the capabilities of a client once for all servers', async (t) => {
  const { previews: made, fleet, client } = previews(t, 50);
  let reads = 0;
  const sampling = {
    toJSON() {
      reads += 1;
      return {};
    },
  };
  fleet.before = () => new Promise(() => {});
  made.listed(client({ sampling }));
  await settled();
  t.equal(fleet.opened, 4);
  t.equal(reads, 5, 'once, and once for each opened instance');
});

t.test('a client that may not see a server any more when its turn comes gets no instance of it', async (t) => {
  const { previews: made, fleet, client, told } = previews(t, 12);
  fleet.tools = [{ name: 'b' }];
  let answer = () => {};
  const wait = new Promise<void>((resolve) => {
    answer = resolve;
  });
  fleet.before = () => wait;
  const one = client();
  made.listed(one);
  await settled();
  one.view = one.view.of({ ...caller, grants: { servers: ['s11'] } });
  answer();
  t.same(await told(5), ['changed', 'changed', 'changed', 'changed', 'changed']);
  await settled();
  t.equal(fleet.opened, 5);
});
