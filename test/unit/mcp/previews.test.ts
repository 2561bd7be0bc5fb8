import t, { type Test } from 'tap';
import type { ConnectedAgent, Operation, Reply } from '../../../hub/domain/agents/fleet.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { McpClient } from '../../../hub/domain/mcp/clients/client.js';
import { type PrivateInstance, PrivateInstances } from '../../../hub/domain/mcp/clients/instances.js';
import { Previews } from '../../../hub/domain/mcp/clients/previews.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import type { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { settled } from '../../kit/turns.js';
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
  const instances = new PrivateInstances({
    registry: { byId: (id) => records.find((one) => one.id === id) as ServerRecord | undefined },
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
    registry: { all: () => records as unknown as ServerRecord[] } as unknown as ServerRegistry,
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
  }
  made.listed(client());
  t.equal(fleet.opened, 8, 'half of what an agent allows of a server');
});

t.test('a few previews at a time; a failed server is skipped; a client that is gone gets no more', async (t) => {
  const { previews: made, fleet, client, told } = previews(t, 12);
  fleet.tools = [{ name: 'b' }];
  fleet.before = () => {
    if (fleet.opened === 1) throw new DomainError('upstream_failed', 'it does not start');
  };
  const one = client();
  made.listed(one);
  t.equal(fleet.opened, 4);
  made.drop(one);
  t.same(await told(3), ['changed', 'changed', 'changed']);
  t.equal(fleet.opened, 4);
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
    fleet.before = () => {};
    fail(new DomainError(code, 'not now'));
    await settled();
    made.listed(client());
    if (code === 'upstream_failed') t.equal(fleet.opened, 1, 'a server that does not start is left');
    else if (t.equal(fleet.opened, 2, code)) t.same(await told(1), ['changed']);
  }
});
