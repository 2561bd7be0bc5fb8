import t from 'tap';
import type { ConnectedAgent, Operation, Reply } from '../../../hub/domain/agents/fleet.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { McpClient } from '../../../hub/domain/mcp/clients/client.js';
import { PrivateInstances } from '../../../hub/domain/mcp/clients/instances.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
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
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(fleet.ending.length, 2);
    for (const end of fleet.ending) end();
    const [third, fourth, fifth] = await Promise.all(later);
    t.ok(third?.isOpen && fourth?.isOpen, 'as many as there is room for');
    t.equal(fifth, undefined, 'one more has to share, and waits for nothing');
  },
);
