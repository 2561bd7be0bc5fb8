import { connect } from 'node:http2';
import t from 'tap';
import { wait } from '../kit/wait.js';
import { everything, runAgentProcess, startAgent, startHub } from '../roundhouse.js';

t.test('two sites with the same tool: the call goes where it was asked to', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub, 'oslo');
  await startAgent(t, hub, 'lima');
  const server = (site: string) => ({
    name: `everything-${site}`,
    site,
    transport: { type: 'stdio', command: process.execPath, args: [everything], env: { SITE: site } },
  });
  const oslo = await hub.connectServer(server('oslo'));
  const lima = await hub.connectServer(server('lima'));
  const siteOf = async (serverId: string) => {
    const { body } = await hub.call('POST', '/api/tools/get-env/invoke', { serverId });
    return JSON.parse(body.data.content[0].text).SITE;
  };
  t.equal(await siteOf(oslo), 'oslo', 'by id');
  t.equal(await siteOf('everything-lima'), 'lima', 'by name');

  const ambiguous = await hub.call('POST', '/api/tools/echo/invoke', { arguments: { message: 'where?' } });
  t.equal(ambiguous.status, 400);
  t.match(ambiguous.body, { success: false, code: 'VALIDATION_ERROR', details: { field: 'serverId' } });
  t.same(
    ambiguous.body.details.servers.map((choice: { serverId: string }) => choice.serverId).sort(),
    [oslo, lima].sort(),
    'the choices are listed',
  );

  const sites = await hub.call('GET', '/connect/api/sites');
  t.same(
    sites.body.data.map(({ name, connectedAgents, serverCount }: Record<string, unknown>) => [
      name,
      connectedAgents,
      serverCount,
    ]),
    [
      ['lima', 1, 1],
      ['oslo', 1, 1],
    ],
  );
  const nowhere = await hub.call('POST', '/api/servers', { ...server('oslo'), name: 'nowhere', site: undefined });
  t.equal(nowhere.status, 400, 'without a site, several could run it');
  t.match(nowhere.body, { code: 'VALIDATION_ERROR', details: { field: 'site', error: /lima, oslo/ } });
});

t.test('a join token that is used, expired or of another hub is refused and logged', async (t) => {
  const hub = await startHub(t);
  const join = async (token: string, name: string) => {
    const from = hub.log.length;
    const agent = runAgentProcess(t, [
      '--hub',
      hub.agentAddress,
      '--token',
      token,
      '--data',
      `${hub.data}/agents/${name}`,
    ]);
    return { agent, from };
  };

  const used = await hub.token('local');
  const first = await join(used, 'first');
  await hub.logged(({ body }) => body === 'agent connected', first.from);
  const second = await join(used, 'second');
  await second.agent.exited();
  t.equal(second.agent.exitCode, 1, 'a used one ends the agent');
  t.match(await hub.logged(({ body }) => body === 'enrolment refused', second.from), { reason: 'used' });

  const short = await hub.token('local', 1);
  const made = Date.now();
  await wait('the token has expired', () => Date.now() > made + 1000);
  const third = await join(short, 'third');
  await third.agent.exited();
  t.equal(third.agent.exitCode, 1, 'an expired one too');
  t.match(await hub.logged(({ body }) => body === 'enrolment refused', third.from), { reason: 'expired' });

  await t.test('and one of another hub: the agent trusts that hub only', async (t) => {
    const other = await startHub(t);
    const agent = runAgentProcess(t, [
      '--hub',
      hub.agentAddress,
      '--token',
      await other.token('local'),
      '--data',
      `${other.data}/agent`,
    ]);
    await agent.logged(({ body }) => /^roundhouse: .* did not make this join token/.test(body ?? ''));
    await agent.exited();
    t.equal(agent.exitCode, 1);
    t.equal((await hub.call('GET', '/api/agents')).body.data.length, 1, 'it never enrolled');
  });
});

t.test('the hub refuses an agent without a certificate of this hub', async (t) => {
  const hub = await startHub(t);
  const session = connect(`https://${hub.agentAddress}`, { rejectUnauthorized: false });
  t.teardown(() => session.destroy());
  const request = session.request({
    ':method': 'POST',
    ':path': '/agent.v1.LinkService/Connect',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  const trailers = new Promise<Record<string, unknown>>((resolve) => {
    request.once('response', (headers) => headers['grpc-status'] && resolve(headers));
    request.once('trailers', resolve);
  });
  request.end(Buffer.alloc(5));
  t.equal((await trailers)['grpc-status'], '16', 'UNAUTHENTICATED');
  t.equal(Buffer.concat(chunks).length, 0, 'and not a byte');
  t.ok(await hub.logged(({ body }) => body === 'peer refused'));
});
