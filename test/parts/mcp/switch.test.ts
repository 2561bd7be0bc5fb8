import { ServerState } from '@roundhouse/proto/agent/v1/server';
import t from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { AgentFailure } from '../../../agent/failure.js';
import { isError, never, runs } from '../agent/harness.js';
import { installedServers, resolvers, sampleServers } from './sample.js';

/** For a version that never answers: as long as a busy machine takes to start a good version. */
const patience = { initializeMs: 15_000 };

t.test('a switch under load: no call fails, those under way finish on the old version', async (t) => {
  const { servers, at, call, switchTo, running } = await installedServers(t, { '1.0.0': 'works', '2.0.0': 'works' });
  servers.put(at(''));
  await servers.connect('s1', never);
  const long = call('wait', { ms: 1500 });
  let stop = false;
  const answers = new Map<string, number>();
  const caller = async () => {
    // The last one begins after the switch: those before it may all have been on the way to the old version.
    for (let last = false; !last; ) {
      last = stop;
      const version = await call();
      answers.set(version, (answers.get(version) ?? 0) + 1);
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  const report = await switchTo(at('2.0.0', 2n));
  t.match(report, { state: ServerState.CONNECTED, version: '2.0.0', revision: 2n });
  t.ok(report.tools?.tools.some(({ name }) => name === 'tool-2.0.0'));
  t.equal(await call(), '2.0.0', 'new calls go to the new one');
  t.equal(await long, '1.0.0', 'the old one finishes its calls');
  stop = true;
  await Promise.all(callers);
  t.ok((answers.get('1.0.0') ?? 0) > 0);
  t.same([...answers.keys()].sort(), ['1.0.0', '2.0.0']);
  await servers.disconnect('s1');
  t.same(running(), [], 'both have ended');
});

t.test('the old instance is ended once its calls are over, or its time is', async (t) => {
  const { servers, at, call, switchTo } = await installedServers(t, {
    '1.0.0': 'works',
    '2.0.0': 'works',
    '3.0.0': 'works',
  });
  servers.put(at(''));
  const { pid } = await servers.connect('s1', never);
  const cut = t.rejects(call('wait', { ms: 60_000 }), {
    name: 'AgentFailure',
    kind: 'disconnected',
    details: { outcome: 'unknown' },
  });
  await switchTo(at('2.0.0', 2n), { drainMs: 300 });
  t.ok(runs(pid));
  await cut;
  await servers.disconnect('s1');
  t.notOk(runs(pid));
});

for (const [behaviour, reason] of [
  ['exits', /exited with code 3: this version is broken/],
  ['silent', /did not answer `initialize` within 15 s/],
  ['toolless', /no tools today/],
] as const) {
  t.test(`a new version that ${behaviour}: everything stays as it was, and the reason is told`, async (t) => {
    const versions = { '1.0.0': 'works', '2.0.0': behaviour } as const;
    const sample = await installedServers(t, versions, patience);
    const { servers, at, call, switchTo, running, reports, logText } = sample;
    servers.put(at(''));
    const { pid } = await servers.connect('s1', never);
    const before = reports.length;
    let swapped = 0;
    await t.rejects(switchTo(at('2.0.0', 2n), { swapped: () => swapped++ }), { name: 'AgentFailure', message: reason });
    t.equal(swapped, 0);
    t.equal(await call('pid'), String(pid));
    t.match(servers.reports(), [{ state: ServerState.CONNECTED, version: '1.0.0', revision: 1n }]);
    t.equal(reports.length, before, 'no client was told of anything');
    t.same(running(), ['1.0.0']);
    t.match(await logText('s1'), /the switch failed/);
  });
}

t.test('a version that does not exist', async (t) => {
  const { servers, at, call, switchTo } = await installedServers(t, { '1.0.0': 'works' });
  servers.put(at(''));
  await servers.connect('s1', never);
  await t.rejects(switchTo(at('9.9.9', 2n)), { name: 'AgentFailure', kind: 'upstream', message: /9\.9\.9/ });
  await t.rejects(switchTo(at('../../x', 2n)), {
    name: 'AgentFailure',
    kind: 'invalid_argument',
    details: { field: 'version' },
  });
  t.equal(await call(), '1.0.0');
});

t.test('sent again, a switch that has been made is no other', async (t) => {
  const { servers, at, switchTo, started } = await installedServers(t, { '1.0.0': 'works', '2.0.0': 'works' });
  servers.put(at(''));
  await servers.connect('s1', never);
  const [first, same] = await Promise.all([switchTo(at('2.0.0', 2n)), switchTo(at('2.0.0', 2n))]);
  const again = await switchTo(at('2.0.0', 2n));
  t.equal(first.pid, same.pid);
  t.equal(first.pid, again.pid);
  t.same(
    started().map(({ version }) => version),
    ['1.0.0', '2.0.0'],
  );
});

t.test('a server that cannot start is switched to a version that can; one at rest only takes note', async (t) => {
  const { servers, at, call, switchTo, report, started } = await installedServers(t, {
    '1.0.0': 'exits',
    '2.0.0': 'works',
  });
  servers.put(at(''));
  await report(isError);
  t.match(await switchTo(at('2.0.0', 2n)), { state: ServerState.CONNECTED, error: '', attempt: 0, nextAttemptMs: 0n });
  t.equal(await call(), '2.0.0');
  servers.put(at('2.0.0', 3n, { connected: false }));
  await servers.disconnect('s1');
  const before = started().length;
  const resting = await switchTo(at('1.0.0', 4n, { connected: false }));
  t.match(resting, { state: ServerState.DISCONNECTED, revision: 4n });
  t.equal(started().length, before);
});

t.test('a change in between cancels a switch, and nothing of the new instance stays', async (t) => {
  const sample = await installedServers(t, { '1.0.0': 'works', '1.1.0': 'works', '2.0.0': 'silent' });
  const { servers, at, call, switchTo, running } = sample;
  servers.put(at(''));
  await servers.connect('s1', never);
  const off = { name: 'AgentFailure', kind: 'cancelled' };

  const signal = new CancelSource();
  const cancelled = t.rejects(switchTo(at('2.0.0', 2n), { signal }), { ...off, message: 'hung up' });
  await sample.begun('2.0.0');
  signal.abort(new AgentFailure('cancelled', 'hung up'));
  await cancelled;
  t.same(running(), ['1.0.0'], 'by its command');

  const overtaken = t.rejects(switchTo(at('2.0.0', 2n)), off);
  await sample.begun('2.0.0');
  await switchTo(at('1.1.0', 3n));
  await overtaken;
  t.equal(await call(), '1.1.0', 'by another switch');

  const put = t.rejects(switchTo(at('2.0.0', 4n)), off);
  await sample.begun('2.0.0');
  servers.put(at('1.0.0', 5n));
  await put;
  await servers.connect('s1', never);
  t.equal(await call(), '1.0.0', 'by another specification');

  const stopped = t.rejects(switchTo(at('2.0.0', 6n)), off);
  await sample.begun('2.0.0');
  await servers.disconnect('s1');
  await stopped;
  t.same(running(), [], 'by a disconnect');

  await servers.connect('s1', never);
  const removed = t.rejects(switchTo(at('2.0.0', 7n)), off);
  await sample.begun('2.0.0');
  await servers.remove('s1');
  await removed;
  t.same(running(), [], 'by a removal');
});

t.test('the old instance crashes during a switch: the server is back with the new one', async (t) => {
  const { servers, at, call, switchTo, registry, report } = await sampleServers(t, {
    '1.0.0': 'works',
    '2.0.0': 'works',
  });
  servers.put(at(''));
  await servers.connect('s1', never);
  const asked = resolvers();
  const released = resolvers();
  registry.onTarball = () => {
    asked.resolve();
    return released.promise;
  };
  const switched = switchTo(at('2.0.0', 2n));
  await asked.promise;
  await t.rejects(call('exit'), { name: 'AgentFailure', kind: 'disconnected' });
  await report(isError);
  released.resolve();
  t.match(await switched, { state: ServerState.CONNECTED, version: '2.0.0' });
  t.equal(await call(), '2.0.0');
});

t.test(
  'what is put meanwhile and is no other: the older word changes nothing, the same one holds in any case',
  async (t) => {
    const versions = { '1.0.0': 'works', '2.0.0': 'works', '3.0.0': 'silent' } as const;
    const { servers, at, call, switchTo, begun, started } = await installedServers(t, versions, patience);
    servers.put(at(''));
    await servers.connect('s1', never);
    const switched = switchTo(at('2.0.0', 2n));
    servers.setDesired([at('', 1n)]);
    servers.setDesired([at('2.0.0', 2n)]);
    t.match(await switched, { version: '2.0.0', revision: 2n });
    t.same(
      started().map(({ version }) => version),
      ['1.0.0', '2.0.0'],
      'nothing was started twice',
    );
    const failed = t.rejects(switchTo(at('3.0.0', 3n)), { name: 'AgentFailure', kind: 'timeout' });
    await begun('3.0.0');
    servers.put(at('3.0.0', 3n));
    t.equal(await call(), '2.0.0');
    await failed;
    t.match(servers.reports(), [{ revision: 3n }], 'who puts a specification has it, whether it can start or not');
  },
);

t.test('limits that are put with the switch hold for the new instance', async (t) => {
  const { servers, at, call, switchTo } = await installedServers(t, { '1.0.0': 'works', '2.0.0': 'works' });
  servers.put(at(''));
  await servers.connect('s1', never);
  const limits = {
    $typeName: 'agent.v1.CallLimits' as const,
    maxConcurrent: 1,
    maxQueue: 0,
    maxResultBytes: 0n,
    perSecond: 0,
  };
  await switchTo(at('2.0.0', 2n, { limits }));
  const one = call('wait', { ms: 200 });
  await t.rejects(call(), { name: 'AgentFailure', kind: 'overloaded' });
  t.equal(await one, '2.0.0');
});
