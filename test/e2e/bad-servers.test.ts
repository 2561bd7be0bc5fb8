import t from 'tap';
import { fixture, type Hub, startAgent, startHub } from '../roundhouse.js';

const stdio = (name: string) => ({ type: 'stdio', command: process.execPath, args: [fixture(name)] });

/** Registers a server, tries to connect it, and gives the answer. */
async function connect(hub: Hub, name: string) {
  const { body } = await hub.call('POST', '/api/servers', { name, transport: stdio(name) });
  const answer = await hub.call('POST', `/api/servers/${name}/connect`);
  const shown = await hub.call('GET', `/api/servers/${body.data.id}`);
  const log = await hub.call('GET', `/connect/api/servers/${name}/logs`);
  return { answer, server: shown.body.data, log: log.body.data.logs as { level: string; message: string }[] };
}

t.test('each bad server has its documented error, and says why', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);

  await t.test('a server that exits at start', async (t) => {
    const { answer, server, log } = await connect(hub, 'exits');
    t.equal(answer.status, 503);
    t.match(answer.body, { success: false, code: 'SERVER_DISCONNECTED', error: /exited.*3/ });
    t.equal(server.status, 'error');
    t.match(server.runtime.error, /exited.*3/, 'the reason is in its state');
    t.ok(
      log.some(({ message }) => message.includes('cannot read settings.json')),
      'and what it said in its log',
    );
  });

  await t.test('a server that never answers initialize', async (t) => {
    const { answer, server } = await connect(hub, 'silent');
    t.equal(answer.status, 504);
    t.match(answer.body, { code: 'TIMEOUT', error: /initialize/ });
    t.match(server.runtime.error, /initialize/);
  });

  await t.test('a server that prints garbage', async (t) => {
    const { answer, server, log } = await connect(hub, 'garbage');
    t.equal(answer.status, 503);
    t.match(answer.body, { code: 'SERVER_DISCONNECTED' });
    t.equal(server.status, 'error');
    t.ok(log.length > 0, 'the garbage is in its log');
  });

  await t.test('one whose tool throws', async (t) => {
    const { answer } = await connect(hub, 'throws');
    t.equal(answer.status, 200);
    const call = await hub.call('POST', '/api/tools/throw/invoke', { serverId: 'throws' });
    t.equal(call.status, 200);
    t.match(call.body, { success: true, data: { isError: true, content: [{ type: 'text', text: String }] } });
  });

  await t.test('one whose answer is longer than an agent takes', async (t) => {
    await connect(hub, 'answers');
    const call = await hub.call('POST', '/connect/api/tools/huge/invoke', { serverId: 'answers' });
    t.match(call, { status: 502, body: { code: 'UPSTREAM_ERROR', error: /bytes; the limit is/ } });
  });

  await t.test('a server that asks for sampling', async (t) => {
    const { answer } = await connect(hub, 'asks');
    t.equal(answer.status, 200);
    const call = await hub.call('POST', '/api/tools/ask/invoke', {
      serverId: 'asks',
      arguments: { method: 'sampling/createMessage' },
    });
    t.equal(call.status, 200);
    t.match(JSON.stringify(call.body.data), /-32601/, 'it is told at once that there is no such method');
  });

  t.equal((await hub.call('GET', '/health')).status, 200, 'the hub is well');
});

t.test('a tool that takes longer than it may is ended with the documented time-out', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const serverId = await hub.connectServer({ name: 'slow', transport: stdio('slow') });
  const { status, body } = await hub.call('POST', '/api/tools/wait/invoke', { serverId, timeoutMs: 200 });
  t.equal(status, 504);
  t.match(body, { success: false, code: 'TIMEOUT' });
  const gone = await hub.call('POST', '/api/servers/slow/disconnect');
  t.equal(gone.status, 200);
  const after = await hub.call('POST', '/api/tools/wait/invoke', { serverId });
  t.equal(after.status, 503);
  t.match(after.body, { code: 'SERVER_DISCONNECTED', details: { serverName: 'slow' } });
});
