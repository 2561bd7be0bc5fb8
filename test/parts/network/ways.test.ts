import t from 'tap';
import { failureOf, never, simulated } from './harness.js';

const ios = 'cisco_ios';
const added = 'interface Loopback9\n description added\n';

t.test('IOS without an SCP server: the file is written in its Tcl shell', async (t) => {
  const { device, run, config, apply } = await simulated(t, { platform: ios });
  await run('configure terminal', 'no ip scp server enable', 'interface Loopback0', 'end');
  // Characters with a meaning in Tcl, and a question mark, which asks for help.
  const odd = 'interface Loopback0\n description "a" $b [c] {d} \\e f? ; #g\n';
  const before = await apply({ config: odd, changeId: 'change-0' });
  const wanted = await config();
  await apply({ config: added, changeId: 'change-1' });
  const replaced = await apply({ config: wanted.config, replace: true, changeId: 'change-2' });
  t.match(replaced, { protected: true, method: 'configure replace revert trigger', hashAfter: before.hashAfter });
  t.ok(device.commands.some((line) => line.startsWith('puts $')));
  t.ok(device.running().includes(' description "a" $b [c] {d} \\e f? ; #g\n'));
  t.notMatch(device.running(), /added/);
  t.notOk(
    [...device.files.keys()].some((name) => name.includes('roundhouse')),
    'and removed',
  );
});

t.test('IOS without an archive: nothing at the device takes a change back, and the answer says so', async (t) => {
  const { device, run, config, apply } = await simulated(t, { platform: ios });
  await run('configure terminal', 'no archive', 'end');
  const before = await config();
  const merged = await apply({ config: added });
  t.match(merged, { changed: true, protected: false, method: 'configure terminal', saved: true });
  const replaced = await apply({ config: before.config, replace: true, changeId: 'change-2' });
  t.match(replaced, { protected: false, method: 'configure replace', hashAfter: before.hash });
  const failure = await failureOf(apply({ config: `${added} nonsense\n`, changeId: 'change-3' }));
  t.match(failure, { details: { reason: 'rejected', errors: [{ line: 'nonsense' }] } });
  t.notMatch(device.running(), /added/, 'the agent takes it back');
  t.equal((await config()).hash, before.hash);
});

t.test('IOS without an archive, cut off in the middle: the agent restores the old configuration', async (t) => {
  const { device, devices, run, config, apply } = await simulated(t, { platform: ios });
  await run('configure terminal', 'no archive', 'end');
  const wanted = await config();
  const { hashAfter: old } = await apply({ config: added });
  device.traps.cut = { command: /^configure replace/, when: 'during', times: 1 };
  const failure = await failureOf(apply({ config: wanted.config, replace: true, changeId: 'change-2' }));
  t.match(failure, { details: { reason: /^(?:reverted|restore_pending)$/ } });
  const { change } = await devices.inspectChange('d1', 'change-2', AbortSignal.timeout(120_000));
  t.match(change, { hashAfter: old, error: '' });
  t.match(device.running(), /added/);
});

const junos = 'juniper_junos';
const merges = {
  set: 'set system domain-name added.example\nset interfaces ge-0/0/1 description "added too"\n',
  json: JSON.stringify({
    configuration: {
      system: { 'domain-name': 'added.example' },
      interfaces: { interface: [{ name: 'ge-0/0/1', description: 'added too' }] },
    },
  }),
  xml: `<configuration>
    <system><domain-name>added.example</domain-name></system>
    <interfaces><interface><name>ge-0/0/1</name><description>added too</description></interface></interfaces>
</configuration>
`,
} as const;

for (const format of ['set', 'json', 'xml'] as const) {
  t.test(`Junos: ${format} is merged, and what was read as ${format} replaces it`, async (t) => {
    const { device, devices, config, apply } = await simulated(t, { platform: junos });
    const before = await config();
    const read = await devices.readConfig('d1', format, '', never);
    const merged = await apply({ config: merges[format], format });
    t.match(merged, { changed: true, protected: true, method: 'commit confirmed' });
    t.match(device.running(), /domain-name added\.example;/);
    t.match(device.running(), /ge-0\/0\/1 \{[^}]*description "added too";/);
    t.match(device.running(), /host-name /, 'the rest stays');
    const replaced = await apply({ config: read.config, format, replace: true, changeId: 'change-2' });
    t.equal(replaced.hashAfter, before.hash);
  });
}

t.test('Junos: a text that cannot be loaded is refused in every format, and nothing of it stays', async (t) => {
  const { device, config, apply } = await simulated(t, { platform: junos });
  const before = await config();
  const wrong = {
    set: 'set system domain-name added.example\nset system nonsense here\n',
    json: '{"configuration":{"system":{"domain-name":"added.example","nonsense":"here"}}}',
    xml: '<configuration><system><domain-name>added.example</domain-name><nonsense>here</nonsense></system></configuration>',
  };
  for (const format of ['set', 'json', 'xml'] as const) {
    const failure = await failureOf(apply({ config: wrong[format], format, changeId: `change-${format}` }));
    t.match(failure, { kind: 'upstream', message: /nonsense/, details: { reason: 'rejected' } }, format);
  }
  const torn = await failureOf(apply({ config: '{"configuration":', format: 'json', changeId: 'change-torn' }));
  t.match(torn, { details: { reason: 'rejected' } });
  t.equal((await config()).hash, before.hash);
  t.notMatch(device.running(), /added/);
});
