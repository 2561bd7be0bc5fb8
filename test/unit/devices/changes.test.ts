import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { type ChangeEntry, ChangeLog } from '../../../hub/domain/devices/config/change-log.js';
import type { Running } from '../../../hub/domain/devices/config/reader.js';
import { changesOf, type DeviceChange, deviceChanges, isOpen } from '../../../hub/domain/devices/config/records.js';
import { DeviceTally } from '../../../hub/domain/devices/port.js';
import type { DeviceRecord } from '../../../hub/domain/devices/record.js';
import { DomainError } from '../../../hub/domain/errors.js';
import type { Store } from '../../../hub/domain/store.js';
import { openTestStore } from '../store/stores.js';
import { agent, hashOf, input, rig, start } from './rig.js';

/** Resolves with a device's newest change once it is over. */
function over(store: Store, deviceId: string): Promise<DeviceChange> {
  return new Promise((resolve) => {
    const look = () => {
      const [change] = changesOf(store, deviceId);
      if (!change || isOpen(change)) return false;
      resolve(change);
      return true;
    };
    if (look()) return;
    const stop = store.observe(({ writes }) => {
      if (writes.some(({ collection }) => collection === deviceChanges.name) && look()) stop();
    });
  });
}

const lost = () => new DomainError('agent_unreachable', 'the link was lost', { outcome: 'unknown' });

t.test('after a lost answer the hub asks the agent for the outcome, and makes the diff itself', async (t) => {
  const { network, fleet, put, store } = await rig(t);
  const { record } = await network.lifecycle.create(SYSTEM, input);
  fleet.before = (operation) => {
    if (operation.case !== 'applyConfig') return;
    fleet.apply(operation.value.changeId, operation.value.config);
    throw lost();
  };
  t.match(await put('hostname b\n'), { committed: true, diff: /^-hostname a\n\+hostname b$/m });
  t.match(changesOf(store, record.id), [{ state: 'confirmed', changed: true, hashAfter: hashOf('hostname b\n') }]);
  t.match(
    store.events(0, 100).map(({ type }) => type),
    ['device.added', 'device.connected', 'device.config.changed'],
  );
});

t.test('a caller who is demoted while the device is read changes nothing', async (t) => {
  const { store, fleet, network: all } = await rig(t);
  const { record } = await all.lifecycle.create(SYSTEM, input);
  const caller = { id: 'k', name: 'k', role: 'admin', grants: null } as unknown as Caller;
  let role: Caller['role'] = 'admin';
  const { network } = await start(t, store, fleet, (before) => ({ ...before, role }));
  fleet.before = (operation) => {
    if (operation.case === 'getConfig') role = 'viewer';
  };
  const wanted = { config: 'hostname b\n', format: 'text', replace: true, commit: true } as const;
  await t.rejects(network.configs.put({ ...SYSTEM, caller }, 'edge-1', wanted), { code: 'forbidden' });
  t.equal(fleet.told('getConfig'), 1);
  t.equal(fleet.told('applyConfig'), 0);
  t.same(changesOf(store, record.id), []);
});

t.test('an agent that goes away with a change leaves it open, until it is back and knows nothing of it', async (t) => {
  const { network, fleet, put, store } = await rig(t);
  const { record } = await network.lifecycle.create(SYSTEM, input);
  fleet.before = (operation) => {
    if (operation.case !== 'applyConfig') return;
    fleet.connected = false;
    throw lost();
  };
  await t.rejects(put('hostname b\n'), {
    code: 'device_unreachable',
    details: { reason: 'agent_unreachable', outcome: 'unknown', state: 'begun' },
  });
  await t.rejects(put('hostname c\n'), { code: 'device_config_failed', details: { reason: 'change_under_way' } });
  fleet.connected = true;
  fleet.before = () => {};
  await network.lifecycle.onDevices(agent);
  t.match(await over(store, record.id), { state: 'not_run', hashAfter: hashOf('hostname a\n') });
  t.match(await put('hostname c\n'), { committed: true });
});

t.test('a change that was begun before the hub ended is taken up by the next start', async (t) => {
  const { network, fleet, put, store } = await rig(t);
  const { record } = await network.lifecycle.create(SYSTEM, input);
  let reached = () => {};
  const sent = new Promise<void>((resolve) => {
    reached = resolve;
  });
  fleet.before = (operation) => {
    if (operation.case !== 'applyConfig') return;
    fleet.apply(operation.value.changeId, operation.value.config);
    reached();
    return new Promise(() => {});
  };
  void put('hostname b\n');
  await sent;
  fleet.before = () => {};
  const next = await start(t, store, fleet);
  await next.network.lifecycle.onDevices(agent);
  t.match(await over(store, record.id), { state: 'confirmed', hashAfter: hashOf('hostname b\n') });
});

t.test('a change that has to be restored is open until a report says that it was', async (t) => {
  const { network, fleet, put, store } = await rig(t);
  const { record } = await network.lifecycle.create(SYSTEM, input);
  fleet.before = (operation) => {
    if (operation.case !== 'applyConfig') return;
    const { changeId, baseHash: hashBefore } = operation.value;
    fleet.change = { changeId, state: 'restore_pending', hashBefore, hashAfter: '', time: 1, error: 'lost' };
    throw new DomainError('upstream_failed', 'lost; restored later', { reason: 'restore_pending', outcome: 'unknown' });
  };
  await t.rejects(put('hostname b\n'), { code: 'device_config_failed', details: { state: 'restore_pending' } });
  await t.rejects(put('hostname c\n'), {
    code: 'device_config_failed',
    details: { reason: 'change_under_way', state: 'restore_pending' },
  });
  const [open] = changesOf(store, record.id);
  const hash = hashOf('hostname a\n');
  fleet.change = { changeId: open?.id ?? '', state: 'reverted', hashBefore: hash, hashAfter: hash, time: 2, error: '' };
  network.lifecycle.onDeviceReport(agent, fleet.report(record.id));
  t.match(await over(store, record.id), { state: 'reverted', changed: false });
});

t.test('refusals say that nothing was done', async (t) => {
  const { network, fleet, put, store } = await rig(t);
  const { record } = await network.lifecycle.create(SYSTEM, input);
  for (const [error, state, code] of [
    [new DomainError('refused', 'no', { reason: 'policy' }), 'not_run', 'refused'],
    [new DomainError('upstream_failed', 'no', { reason: 'rejected', errors: [] }), 'reverted', 'device_config_failed'],
    [
      new DomainError('upstream_failed', 'no', { reason: 'rejected', restored: false }),
      'failed',
      'device_config_failed',
    ],
    [new DomainError('conflict', 'no', { reason: 'config_changed', diff: 'd' }), 'not_run', 'device_config_failed'],
    [new DomainError('server_disconnected', 'no', { reason: 'auth_failed' }), 'not_run', 'device_unreachable'],
  ] as const) {
    fleet.before = (operation) => {
      if (operation.case === 'applyConfig') throw error;
    };
    await t.rejects(put('hostname b\n'), { code, details: { state } });
    t.match(changesOf(store, record.id)[0], { state });
  }
});

t.test('one change at a time, for each device', async (t) => {
  const { network, fleet, put } = await rig(t);
  await network.lifecycle.create(SYSTEM, input);
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  fleet.before = (operation) => (operation.case === 'applyConfig' ? gate : undefined);
  const first = put('hostname b\n');
  await t.rejects(put('hostname c\n'), {
    code: 'device_config_failed',
    details: { reason: 'change_under_way', outcome: 'not_run' },
  });
  await t.rejects(network.lifecycle.delete(SYSTEM, 'edge-1'), {
    code: 'device_config_failed',
    details: { reason: 'change_under_way' },
  });
  go();
  t.match(await first, { committed: true, diff: 'a diff' });
});

t.test('the address of a device stays until an open change has ended', async (t) => {
  const { network, fleet, put } = await rig(t);
  const { record } = await network.lifecycle.create(SYSTEM, input);
  const { credentials } = input;
  const jumpHost = { hostname: 'jump.example.org', credentials };
  const moves = [{ hostname: '192.0.2.99' }, { port: 2222 }, { jumpHost }];
  const move = (change: (typeof moves)[number]) =>
    network.lifecycle.update(SYSTEM, 'edge-1', { ...change, credentials });
  const underWay = { code: 'device_config_failed', details: { reason: 'change_under_way', outcome: 'not_run' } };
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  fleet.before = (operation) => (operation.case === 'applyConfig' ? gate : undefined);
  const running = put('hostname b\n');
  for (const change of moves) await t.rejects(move(change), underWay, 'while the change runs');
  go();
  await running;
  fleet.before = (operation) => {
    if (operation.case !== 'applyConfig') return;
    const { changeId, baseHash: hashBefore } = operation.value;
    fleet.change = { changeId, state: 'restore_pending', hashBefore, hashAfter: '', time: 1, error: 'lost' };
    throw new DomainError('upstream_failed', 'lost; restored later', { reason: 'restore_pending', outcome: 'unknown' });
  };
  await t.rejects(put('hostname c\n'), { code: 'device_config_failed', details: { state: 'restore_pending' } });
  for (const change of moves) await t.rejects(move(change), underWay, 'while the change is open');
  t.match(network.devices.get(SYSTEM, 'edge-1').record, { hostname: record.hostname, port: record.port });
  t.ok(await network.lifecycle.update(SYSTEM, 'edge-1', { tags: ['core'], credentials }), 'other fields change');
});

t.test('a configuration holds line ends and no other sign that a device acts on', async (t) => {
  const { network, put } = await rig(t);
  await network.lifecycle.create(SYSTEM, input);
  for (const sign of ['\r', '\u0015', '\u009b'])
    await t.rejects(put(`hostname a${sign}do reload\n`), { code: 'invalid_input', details: { field: 'config' } });
});

t.test('one of two simultaneous outcomes of a change is stored', async (t) => {
  const { store } = await openTestStore(t);
  const book = new ChangeLog(store, new Redactor(), new DeviceTally());
  const device = { id: 'd' } as DeviceRecord;
  const wanted = { kind: 'apply', format: 'text', replace: false } as unknown as ChangeEntry;
  const change = await book.enter(SYSTEM, device, wanted, { text: 'a', hash: hashOf('a') } as Running);
  const outcomes = await Promise.all([
    book.settle(change, { state: 'confirmed', changed: true }),
    book.settle(change, { state: 'not_run' }),
  ]);
  t.same(
    outcomes.map(({ state }) => state),
    ['confirmed', 'confirmed'],
  );
});
