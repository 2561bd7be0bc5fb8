import t from 'tap';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import type { Committed, Store } from '../../../hub/domain/store.js';

function registryOf(...names: readonly string[]) {
  const record = (name: string, agentId = 'one') => ({ id: `id-${name}`, name, agentId }) as ServerRecord;
  let tell: (committed: Committed) => void = () => {};
  const store = {
    list: () => names.map((name) => record(name)),
    observe(listener: typeof tell) {
      tell = listener;
      return () => {};
    },
  } as unknown as Store;
  const registry = new ServerRegistry(store);
  const write = (id: string, value: ServerRecord | undefined) =>
    tell({ writes: [{ collection: 'servers', id, value }], events: [] });
  const shown = () => Array.from(registry.inOrder(), ({ name }) => name);
  return { registry, record, write, shown };
}

t.test('servers stay in order of their names as they are made, renamed and removed', async (t) => {
  const { record, write, shown } = registryOf('b', 'a', 'D');
  t.same(shown(), ['a', 'b', 'D'], 'in the order of people, not of code points');
  write('id-c', record('c'));
  t.same(shown(), ['a', 'b', 'c', 'D']);
  write('id-a', { ...record('a'), name: 'z' });
  write('id-c', undefined);
  t.same(shown(), ['b', 'D', 'z']);
});

t.test('the servers of an agent follow their registrations', async (t) => {
  const { registry, record, write } = registryOf('a', 'b');
  const of = (agentId: string) => registry.ofAgent(agentId).map(({ name }) => name);
  write('id-a', record('a', 'two'));
  write('id-c', record('c', 'two'));
  t.same([of('one'), of('two'), of('three')], [['b'], ['a', 'c'], []]);
  write('id-b', undefined);
  t.same(of('one'), []);
});

t.test('a lost agent takes only the servers along that it reported last', async (t) => {
  const observed = new ObservedServers();
  const report = (agentId: string, serverId: string) =>
    observed.report(agentId, {
      ...{ serverId, revision: 1, state: 'connected', error: '', pid: 0, attempt: 0, nextAttemptMs: 0, version: '' },
      ...{ connectTimeMs: 0, initializeResult: new Uint8Array() },
    });
  report('one', 'a');
  report('one', 'b');
  report('two', 'a');
  observed.agentLost('one', 'away');
  t.same([observed.get('a').state, observed.get('b').state], ['connected', 'disconnected']);
  observed.forget('a');
  observed.agentLost('two', 'away');
  t.equal(observed.get('a').error, '', 'a forgotten server stays unknown');
});
