import t from 'tap';
import { operationLimits } from '../../hub/api/mcp/operations/operation.js';
import { startDevice } from '../fixtures/devices/start.js';
import { startFrr } from '../fixtures/frr/frr.js';
import { infrastructureDocument } from '../infrastructure.js';
import { mcpClient, OPERATIONS } from '../mcp-client.js';
import { auditOf, toolsOf } from '../mcp-tools.js';
import { addDevice, devicesPath } from '../network.js';
import { part } from '../parts.js';
import { startAgent, startHub } from '../roundhouse.js';

t.test('a router is read, changed and brought back by tools', async (t) => {
  if (!part(t, 'frr') || !part(t, 'sshd')) return;
  const hub = await startHub(t);
  await startAgent(t, hub);
  const frr = await startFrr(t);
  await addDevice(hub, 'edge-1', 'frr', frr, { tags: ['edge'] });
  const { client } = await mcpClient(t, hub, { path: OPERATIONS });
  const call = toolsOf(client);
  const device = 'edge-1';

  const listed = await call('list_devices', { type: 'frr', tag: 'edge' });
  t.match(listed, { devices: [{ name: 'edge-1', status: 'connected', site: 'local' }], total: 1 });
  t.match(await call('list_devices', { tag: 'core' }), { total: 0 });
  t.match(await call('get_device', { device }), { model: /^FRRouting/, knownHostKey: frr.fingerprint });

  const asked = await call('query_device', { device, commands: ['show version', 'show no such thing'] });
  t.match(asked, { results: [{ success: true, output: /FRRouting/, class: 'read' }, { error: /^%/ }], failed: 1 });
  const typed = ['configure terminal', 'ip route 203.0.113.77/32 blackhole', 'end'];
  t.match(await call('run_device_commands', { device, commands: typed }), {
    failed: 0,
    results: [{ class: 'change' }],
  });
  t.match((await call('get_device_config', { device })).config, '203.0.113.77/32');

  await t.test('a dry run, committed and rolled back', async (t) => {
    const config = 'ip route 198.51.100.0/24 blackhole';
    t.match(await call('put_device_config', { device, config, commit: false }), { committed: false });
    t.notMatch(await frr.vtysh('show running-config'), '198.51.100', 'the router knows nothing of it');
    t.match(await call('get_device_candidate', { device }), { config: /198\.51\.100/, parts: 1 });
    const made = await call('commit_device_config', { device });
    t.match(made, { committed: true, changed: true, diff: /^\+ip route 198\.51\.100\.0\/24 blackhole$/m });
    t.match(await frr.vtysh('show running-config'), '198.51.100.0/24');
    t.match(await call('rollback_device_config', { device }), { committed: true, diff: /^-ip route 198/m });
    t.notMatch(await frr.vtysh('show running-config'), '198.51.100');
    t.match(await call('list_device_changes', { device }), { changes: [{ kind: 'rollback' }, { id: made.changeId }] });
  });

  await t.test('backed up, broken, restored', async (t) => {
    const { backup } = await call('backup_device_config', { device, description: 'good' });
    const broken = await call('put_device_config', { device, config: 'no ip route 203.0.113.77/32 blackhole' });
    t.match(broken, { committed: true, changed: true });
    t.match(await call('list_device_backups', { device }), {
      backups: [{ id: backup.id, description: 'good' }],
      total: 1,
    });
    t.match((await call('get_device_backup', { device, backup: backup.id })).config, '203.0.113.77');
    t.match(await call('restore_device_config', { device, backup: backup.id }), { hash: backup.hash });
    t.match(await frr.vtysh('show running-config'), '203.0.113.77');
  });

  await t.test('disconnected and connected', async (t) => {
    t.match(await call('disconnect_device', { device }), { status: 'disconnected' });
    t.match(await call('get_device', { device }), { status: 'disconnected' });
    t.match(await call('connect_device', { device }), { status: 'connected' });
  });

  await t.test('errors name the field, or the reason', async (t) => {
    for (const [name, args, error] of [
      [
        'query_device',
        { device, commands: ['show version', 'clear counters'] },
        { code: 'invalid_input', details: { field: 'commands.1' } },
      ],
      [
        'run_device_commands',
        { device, commands: ['show ?'] },
        { code: 'invalid_input', details: { field: 'commands.0' } },
      ],
      [
        'put_device_config',
        { device, config: 'x', format: 'yaml' },
        { code: 'invalid_input', details: { field: 'format' } },
      ],
      ['get_device', {}, { code: 'invalid_input', details: { field: 'device' } }],
      ['get_device', { device: 'nope' }, { code: 'not_found' }],
      ['commit_device_config', { device }, { code: 'device_config_failed', details: { reason: 'no_candidate' } }],
    ] as const) {
      await t.rejects(call(name, args), error, name);
    }
    const failures = (await auditOf(hub, 'device.config.commit')).filter(
      ({ success }: { success: boolean }) => !success,
    );
    t.match(failures, [{ resource: { type: 'device', id: device }, details: { error: 'device_config_failed' } }]);
  });
});

t.test('each role has the tools that it may use', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const device = await startDevice(t, { platform: 'cisco_ios', traps: { hangs: /^show clock/ } });
  await addDevice(hub, 'core-1', 'cisco_ios', device);
  const reading = ['roundhouse_get_device', 'roundhouse_list_device_backups', 'roundhouse_list_devices'];
  const forUsers = [
    'roundhouse_get_device_backup',
    'roundhouse_get_device_candidate',
    'roundhouse_get_device_config',
    'roundhouse_list_device_changes',
    'roundhouse_query_device',
  ];
  for (const [role, names] of [
    ['viewer', reading],
    ['user', [...forUsers, ...reading].sort()],
  ] as const) {
    const { client } = await mcpClient(t, hub, { path: OPERATIONS, key: await hub.key(role) });
    const tools = (await client.listTools()).tools.filter(({ name }) => /_device/.test(name));
    t.strictSame(tools.map(({ name }) => name).sort(), names, role);
    t.ok(tools.every(({ annotations }) => annotations?.readOnlyHint === true && !annotations.destructiveHint));
  }

  await t.test('a tool that changes something says so', async (t) => {
    const { client } = await mcpClient(t, hub, { path: OPERATIONS });
    const hints = new Map((await client.listTools()).tools.map(({ name, annotations }) => [name, annotations]));
    for (const name of ['run_device_commands', 'put_device_config', 'rollback_device_config', 'restore_device_config'])
      t.match(hints.get(`roundhouse_${name}`), { readOnlyHint: false, destructiveHint: true, idempotentHint: false });
    t.match(hints.get('roundhouse_backup_device_config'), { readOnlyHint: false, destructiveHint: false });
    t.match(hints.get('roundhouse_connect_device'), { readOnlyHint: false, idempotentHint: true });
  });

  await t.test('a tool that a role lacks does not exist for it, and the attempt is audited', async (t) => {
    const { client } = await mcpClient(t, hub, { path: OPERATIONS, key: await hub.key('user') });
    const attempt = toolsOf(client)('put_device_config', { device: 'core-1', config: 'hostname taken' });
    await t.rejects(attempt, { code: -32602, message: /Unknown tool/ });
    const [entry] = await auditOf(hub, 'device.config.update');
    t.match(entry, { success: false, resource: { id: 'core-1' }, details: { error: 'forbidden' } });
    t.notMatch(device.running(), 'taken');
  });

  await t.test('a key for certain tools has those, and a key for another site no devices', async (t) => {
    const tools = ['roundhouse_list_devices', 'roundhouse_query_device'];
    const narrow = await mcpClient(t, hub, { path: OPERATIONS, key: await hub.key('operator', { grants: { tools } }) });
    t.strictSame(
      (await narrow.client.listTools()).tools.map(({ name }) => name),
      tools,
    );
    const asked = await toolsOf(narrow.client)('query_device', { device: 'core-1', commands: ['show version'] });
    t.match(asked, { results: [{ success: true }] });
    const elsewhere = await mcpClient(t, hub, {
      path: OPERATIONS,
      key: await hub.key('operator', { grants: { sites: ['other'] } }),
    });
    const call = toolsOf(elsewhere.client);
    t.match(await call('list_devices'), { devices: { length: 0 }, total: 0 });
    await t.rejects(call('query_device', { device: 'core-1', commands: ['show version'] }), { code: 'not_found' });
  });

  await t.test('a call reports progress, and a cancelled call is cancelled at the device', async (t) => {
    const { client } = await mcpClient(t, hub, { path: OPERATIONS });
    const told: unknown[] = [];
    const commands = ['show version', 'show inventory', 'show version'];
    const name = 'roundhouse_query_device';
    const onprogress = (progress: unknown) => void told.push(progress);
    await client.callTool({ name, arguments: { device: 'core-1', commands } }, undefined, { onprogress });
    t.match(told, [
      { progress: 1, total: 3, message: '1 of 3 commands' },
      { progress: 2, total: 3 },
    ]);

    const abort = new AbortController();
    const hanging = client.callTool(
      { name, arguments: { device: 'core-1', commands: ['show version', 'show clock'] } },
      undefined,
      { signal: abort.signal, onprogress: () => abort.abort('enough') },
    );
    await t.rejects(hanging, { message: /enough/ });
    const again = await toolsOf(client)('query_device', { device: 'core-1', commands: ['show version'] });
    t.match(again, { results: [{ success: true }] }, 'the device is free for the next');
  });
});

t.test('limited as the infrastructure API is', async (t) => {
  const { network, kubernetes } = infrastructureDocument.rateLimits;
  t.match(operationLimits, { network: { requests: network }, kubernetes: { requests: kubernetes } });
  const hub = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '0.1' } });
  const { client } = await mcpClient(t, hub, { path: OPERATIONS });
  const call = toolsOf(client);
  for (let count = 0; count < network / 10; count += 1) await call('list_devices');
  await t.rejects(call('list_devices'), { code: 'rate_limited', details: { retryAfter: Number } });
  t.ok(await call('list_servers'), 'other tools are not');
  t.equal((await hub.call('GET', devicesPath)).status, 429, 'the API counts together with the tools');
});
