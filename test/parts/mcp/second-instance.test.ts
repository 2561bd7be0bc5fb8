import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { connected, fixture, harness, never, runs } from '../agent/harness.js';
import { installedServers } from './sample.js';

t.test(
  'a second instance has a process and a folder of its own, is never reported, and is gone when it is closed',
  async (t) => {
    const { servers, dataDir, connectReport, reports } = await connected(t, 'talks');
    const before = reports.length;
    const instance = await servers.openSecond('s1', { signal: never });
    t.not(instance.pid, connectReport.pid);
    t.ok(runs(instance.pid));
    t.same(readdirSync(instance.folder), []);
    t.match(JSON.parse(Buffer.from(instance.initializeResult).toString()), { serverInfo: { name: String } });
    t.ok((await instance.connection.readTools()).tools.length > 0);
    await instance.close();
    t.notOk(runs(instance.pid));
    t.notOk(existsSync(instance.folder));
    t.ok(runs(connectReport.pid));
    t.equal(reports.length, before);
    t.same(readdirSync(join(dataDir, 'tmp', 'instances')), []);
  },
);

t.test('raw access: a caller’s own handshake, lines as they are, every message, standard error', async (t) => {
  const h = harness(t);
  h.servers.put(fixture('answers', {}, {}));
  const messages: string[] = [];
  const instance = await h.servers.openSecond('s1', {
    signal: never,
    handshake: false,
    onMessage: (text) => messages.push(text),
  });
  t.equal(instance.initializeResult.length, 0);
  const params = { protocolVersion: '1999-01-01', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
  t.match(await instance.request('initialize', params), { protocolVersion: '1999-01-01' });
  instance.connection.send('{"jsonrpc":"2.0","id":"raw","method":"ping"}');
  await instance.request('ping');
  t.ok(messages.some((text) => text.includes('"id":"raw"')));
  await instance.close();
  await t.rejects(instance.request('ping'), { name: 'AgentFailure', kind: 'disconnected' });
});

t.test('its environment: values replaced and taken away', async (t) => {
  const { servers, at } = await installedServers(t, { '1.0.0': 'works' });
  servers.put(at('', 1n, { connected: false }));
  const instance = await servers.openSecond('s1', { signal: never, env: { STARTS: undefined, OTHER: 'x' } });
  t.match(await instance.request('tools/call', { name: 'env', arguments: {} }), {
    content: [{ text: '{"OTHER":"x"}' }],
  });
  await instance.close();
});

t.test(
  'an instance that ends by itself is reported; an open one ends with its signal, and all end with the agent',
  async (t) => {
    const { servers } = await connected(t, 'talks');
    const abort = new AbortController();
    abort.abort(new Error('gone'));
    await t.rejects(servers.openSecond('s1', { signal: abort.signal }), { message: 'gone' });
    const closed = new Promise((resolve) => {
      void servers
        .openSecond('s1', { signal: never, onClosed: resolve })
        .then(({ pid }) => process.kill(pid, 'SIGKILL'));
    });
    t.match(await closed, /was ended by SIGKILL/);
    const instance = await servers.openSecond('s1', { signal: never });
    await servers.close();
    t.notOk(runs(instance.pid));
    await instance.gone;
  },
);
