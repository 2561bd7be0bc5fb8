import { ConfigChangeState } from '@roundhouse/proto/agent/v1/device';
import t from 'tap';
import type { PlatformName } from '../../fixtures/devices/options.js';
import { failureOf, simulated } from './harness.js';

const ways = {
  cisco_ios: {
    merge: 'interface Loopback9\n description added\nsnmp-server location here\n',
    refused: 'interface Loopback9\n description added\n nonsense\n',
    methods: ['configure terminal revert timer', 'configure replace revert trigger'],
    protected: true,
  },
  cisco_nxos: {
    merge: 'interface loopback9\n  description added\nsnmp-server location here\n',
    refused: 'interface loopback9\n  description added\n  nonsense\n',
    methods: ['checkpoint', 'rollback running-config'],
    protected: false,
  },
  juniper_junos: {
    merge: 'system {\n    domain-name added.example;\n}\n',
    refused: 'system {\n    domain-name added.example;\n    nonsense here;\n}\n',
    methods: ['commit confirmed', 'commit confirmed'],
    protected: true,
  },
} as const satisfies Record<PlatformName, object>;

for (const platform of ['cisco_ios', 'cisco_nxos', 'juniper_junos'] as const) {
  const way = ways[platform];

  t.test(`${platform}: merged, replaced, each confirmed over a new connection`, async (t) => {
    const { device, devices, config, apply } = await simulated(t, { platform });
    const before = await config();
    t.match(before.hash, /^sha256:[0-9a-f]{64}$/);
    const merged = await apply({ config: way.merge, baseHash: before.hash });
    t.match(merged, { changed: true, protected: way.protected, saved: true, method: way.methods[0] });
    t.match(merged.diff, /^\+.*added/m);
    t.match(device.running(), /added/);
    t.match(device.startup(), /added/);
    const replaced = await apply({
      config: before.config,
      replace: true,
      changeId: 'change-2',
      baseHash: merged.hashAfter,
    });
    t.match(replaced, { protected: way.protected, method: way.methods[1], hashAfter: before.hash });
    t.notMatch(device.running(), /added/);
    t.match(devices.reports()[0]?.change, { changeId: 'change-2', state: ConfigChangeState.CONFIRMED });
  });

  t.test(`${platform}: the refused line is named, and nothing of the text stays`, async (t) => {
    const { device, config, apply } = await simulated(t, { platform });
    const before = await config();
    const failure = await apply({ config: way.refused }).then(
      () => t.fail('it was accepted'),
      (error: { message: string; details: { errors: { line: string }[]; reason: string } }) => error,
    );
    t.match(failure, { message: /nonsense/, details: { reason: 'rejected', errors: [{ line: /nonsense/ }] } });
    t.notMatch(device.running(), /added/);
    t.equal((await config()).hash, before.hash);
  });

  t.test(`${platform}: a change made for another configuration is refused, and shows the difference`, async (t) => {
    const { device, config, apply } = await simulated(t, { platform });
    const before = await config();
    await apply({ config: way.merge });
    const events: string[] = [];
    device.events.on('mode', (mode) => events.push(mode));
    const late = apply({
      config: before.config,
      replace: true,
      changeId: 'change-2',
      baseHash: before.hash,
      baseConfig: before.config,
    });
    t.match(await failureOf(late), {
      kind: 'conflict',
      details: { reason: 'config_changed', diff: /^\+.*added/m, outcome: 'not_run' },
    });
    t.notOk(
      events.some((mode) => mode.startsWith('config')),
      'nothing was entered',
    );
  });

  t.test(
    `${platform}: cut off in the middle of a replacement, the device has the old configuration or the new, and the agent knows which`,
    async (t) => {
      const { device, devices, config, apply } = await simulated(t, { platform });
      const before = await config();
      const merged = await apply({ config: way.merge });
      const command = {
        cisco_ios: /^configure replace/,
        cisco_nxos: /^rollback running-config file/,
        juniper_junos: /^commit confirmed/,
      }[platform];
      device.traps.cut = { command, when: 'during', times: 1 };
      const replacing = apply({ config: before.config, replace: true, changeId: 'change-2' });
      t.match(await failureOf(replacing), { details: { reason: /reverted|restore_pending/ } });
      const { change } = await devices.inspectChange('d1', 'change-2', AbortSignal.timeout(120_000));
      t.match(change, { state: ConfigChangeState.REVERTED, hashAfter: merged.hashAfter });
      t.equal((await config()).hash, merged.hashAfter);
    },
  );
}

t.test('formats: those of the platform, and a reason for each other one', async (t) => {
  const junos = await simulated(t, { platform: 'juniper_junos' });
  const never = new AbortController().signal;
  t.ok(JSON.parse((await junos.devices.readConfig('d1', 'json', '', never)).config));
  t.match((await junos.devices.readConfig('d1', 'xml', '', never)).config, /^<rpc-reply/);
  t.match((await junos.devices.readConfig('d1', 'text', 'system', never)).config, /host-name/);
  const ios = await simulated(t, { platform: 'cisco_ios' });
  t.match(await failureOf(ios.devices.readConfig('d1', 'json', '', never)), {
    kind: 'invalid_argument',
    details: { reason: 'format_unsupported', formats: ['text'] },
  });
  t.match(
    (await ios.devices.readConfig('d1', 'text', 'interface Loopback0', never)).config,
    /^interface Loopback0\n description .*\n ip address .*\n$/,
  );
  t.match(await failureOf(ios.devices.readConfig('d1', 'text', 'interface Nothing', never)), {
    details: { reason: 'section_not_found' },
  });
});

t.test('structured output where the platform offers it', async (t) => {
  const nxos = await simulated(t, { platform: 'cisco_nxos' });
  const [version, clock] = await nxos.run(
    { text: 'show version', structured: true },
    { text: 'show clock', structured: true },
  );
  t.type((version?.structured as { nxos_ver_str?: string } | undefined)?.nxos_ver_str, 'string');
  t.ok(clock?.success);
});
