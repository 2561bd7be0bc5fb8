import { DeviceState } from '@roundhouse/proto/agent/v1/device';
import t, { type Test } from 'tap';
import { startFrr } from '../../fixtures/frr/frr.js';
import { part } from '../../parts.js';
import { deviceSpec, failureOf, network, never, shortcuts } from './harness.js';

async function router(t: Test, limits = {}) {
  const frr = await startFrr(t);
  const h = network(t, { limits });
  const { host: hostname, port, username, password } = frr;
  const spec = deviceSpec({ platform: 'frr', hostname, port, credentials: { username, password } });
  h.devices.put(spec);
  return { ...h, frr, spec, ...shortcuts(h.devices) };
}

const change = [
  'ip route 10.99.0.0/16 Null0',
  'access-list TEST seq 5 permit 10.0.0.0/8',
  'interface lo',
  ' description the loopback',
  ' ip address 192.0.2.9/32',
  'exit',
  '',
].join('\n');

t.test('a real router: connected, asked, told apart from its errors', async (t) => {
  if (!part(t, 'frr') || !part(t, 'sshd')) return;
  const { devices, frr, run } = await router(t);
  const report = await devices.connect('d1', never);
  t.match(report, {
    state: DeviceState.CONNECTED,
    hostKey: frr.fingerprint,
    info: { osVersion: /^\d/, hostname: frr.hostname },
  });
  const [version, nonsense, routes] = await run('show version', 'show nonsense', {
    text: 'show ip route',
    structured: true,
  });
  t.equal(
    version?.output,
    (await frr.vtysh('show version')).trimEnd().replace(/^(\S+ \S+) \(\S+\)/, `$1 (${frr.hostname})`),
  );
  t.match(nonsense, { success: false, error: '% Unknown command: show nonsense' });
  t.same(routes?.structured, {});
});

t.test('a real router: changed, and changed back; the configuration survives it', async (t) => {
  if (!part(t, 'frr') || !part(t, 'sshd')) return;
  const { frr, config, apply } = await router(t);
  const before = await config();
  const merged = await apply({ config: change, baseHash: before.hash });
  t.match(merged, { changed: true, protected: false, saved: true, hashBefore: before.hash, method: 'vtysh' });
  t.match(merged.diff, /^\+ip route 10\.99\.0\.0\/16 Null0$/m);
  t.match(await frr.vtysh('show running-config'), /description the loopback\n ip address 192\.0\.2\.9\/32/);
  const section = (await config()).config.includes('access-list TEST');
  t.ok(section);
  const restored = await apply({ config: before.config, replace: true, changeId: 'change-2' });
  t.equal(restored.hashAfter, before.hash);
  t.notMatch(await frr.vtysh('show running-config'), /10\.99|TEST|loopback/);
  t.match(await apply({ config: before.config, replace: true, changeId: 'change-3' }), { changed: false, diff: '' });
});

t.test('a real router: a change that it refuses leaves nothing behind', async (t) => {
  if (!part(t, 'frr') || !part(t, 'sshd')) return;
  const { frr, config, apply } = await router(t);
  const before = await config();
  const errors = [{ line: 'nonsense 1', error: '% Unknown command: nonsense 1' }];
  t.match(await failureOf(apply({ config: `${change}nonsense 1\n` })), { details: { reason: 'rejected', errors } });
  t.notMatch(await frr.vtysh('show running-config'), /10\.99/);
  t.equal((await config()).hash, before.hash);
});

t.test(
  'a real router: cut off in the middle of a change, it has its old configuration as soon as it can be reached',
  async (t) => {
    if (!part(t, 'frr') || !part(t, 'sshd')) return;
    const { devices, frr, config, apply, report } = await router(t, { takeBackMs: 300 });
    const before = await config();
    frr.setOnline(false);
    // In force, but with no way to confirm it once the connection in use is gone.
    const applying = apply({ config: change, confirmTimeoutMs: 500 });
    await report(({ change }) => change?.changeId === 'change-1');
    frr.cut();
    t.match(await failureOf(applying), { details: { reason: 'restore_pending' } });
    frr.setOnline(true);
    const { change: ended } = await devices.inspectChange('d1', 'change-1', AbortSignal.timeout(120_000));
    t.match(ended, { changeId: 'change-1', hashAfter: before.hash, error: '' });
    t.notMatch(await frr.vtysh('show running-config'), /10\.99/);
  },
);
