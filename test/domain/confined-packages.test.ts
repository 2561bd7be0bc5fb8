import t, { type Test } from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { startDomain } from '../kit/domain.js';

/** A domain with a user who enables entries of the catalog. */
async function start(test: Test) {
  const hub = await startDomain(test);
  const { users } = hub.domain;
  const { id } = await users.create(SYSTEM, { username: 'ada', password: 'a long password', role: 'user' });
  const ada = await hub.caller('user', null, { userId: id });
  const enable = async (name: string, env: Readonly<Record<string, string>> = {}) => {
    const job = await hub.domain.portal.work.submit(ada, 'enable', name, { autoStart: false, env });
    test.match(await hub.over(job.id), { status: 'completed' }, name);
  };
  /** The transport of the user's server that was made from an entry. */
  const transportOf = (name: string) => {
    const own = [...hub.domain.registry.all()].find((one) => one.ownerId === id && one.name.startsWith(name));
    if (own && own.transport.type !== 'stdio') throw new Error(`${name} is no command`);
    return own && { id: own.id, ...own.transport };
  };
  return { hub, ada, enable, transportOf };
}

const everything = ['-y', '@modelcontextprotocol/server-everything@2026.8.31'];

t.test(
  'a confined package is installed in the version that was judged, and fetches no URL of its caller',
  async (t) => {
    const { hub, ada, enable, transportOf } = await start(t);
    const { portal, updates } = hub.domain;
    await enable('everything');
    t.match(transportOf('everything'), { args: everything, env: ['GZIP_ALLOWED_DOMAINS'] });
    t.same(portal.servers.get(ada.caller, 'everything').env, [], 'the user has given no variable');
    await enable('everything', {});
    await enable('time', { LOCAL_TIMEZONE: 'Europe/Berlin' });
    t.match(transportOf('time'), { args: ['mcp-server-time==2026.10.19'], env: ['LOCAL_TIMEZONE'] });

    const update = updates.update(ada, transportOf('everything')?.id ?? '', { version: '2026.1.1' } as never);
    await t.rejects(
      update,
      { code: 'forbidden', details: { permission: 'server.update' } },
      'a user takes no other version',
    );
    const field = { GZIP_ALLOWED_DOMAINS: 'example.com' };
    await t.rejects(enable('everything', field), { message: /GZIP_ALLOWED_DOMAINS/ }, 'a user gives it no other hosts');
  },
);

t.test('a user names no address to which a confined package connects', async (t) => {
  const { hub, ada, enable, transportOf } = await start(t);
  const values = { SENTRY_ACCESS_TOKEN: 'a token of Sentry', SENTRY_HOST: '169.254.169.254' };
  await t.rejects(enable('sentry', values), { message: /SENTRY_HOST/ });
  await enable('sentry', { SENTRY_ACCESS_TOKEN: 'a token of Sentry' });
  t.match(transportOf('sentry'), { args: ['-y', '@sentry/mcp-server@0.36.0'], env: ['SENTRY_ACCESS_TOKEN'] });
  const apify = hub.domain.portal.work.submit(ada, 'enable', 'apify', { env: { APIFY_TOKEN: 'a token' } });
  await t.rejects(apify, { code: 'forbidden' }, 'an Actor names the address of its MCP server');
});

t.test('a start of the hub brings servers of earlier versions to the judged version', async (t) => {
  const { hub, ada, enable, transportOf } = await start(t);
  t.teardown(() => hub.domain.portal.enablements.stop());
  await enable('everything');
  await enable('sentry', { SENTRY_ACCESS_TOKEN: 'a token of Sentry' });
  await enable('context7', { CONTEXT7_API_KEY: 'a key of Context7' });
  const { lifecycle } = hub.domain;
  const earlier = async (name: string, args: readonly string[], env: Readonly<Record<string, string>>) => {
    const transport = { type: 'stdio', command: 'npx', args, env } as const;
    await lifecycle.update(SYSTEM, transportOf(name)?.id ?? '', { transport }, { curated: true });
  };
  await earlier('everything', ['-y', '@modelcontextprotocol/server-everything'], {});
  await earlier('context7', ['-y', '@upstash/context7-mcp'], { CONTEXT7_API_KEY: 'a key of Context7' });
  const own = { SENTRY_ACCESS_TOKEN: 'a token of Sentry', SENTRY_HOST: 'sentry.example.com' };
  await earlier('sentry', ['-y', '@sentry/mcp-server'], own);

  await hub.restart();
  await hub.domain.portal.enablements.start();
  t.match(transportOf('everything'), { args: everything, env: ['GZIP_ALLOWED_DOMAINS'] });
  t.match(transportOf('context7'), { args: ['-y', '@upstash/context7-mcp@4.1.1'], env: ['CONTEXT7_API_KEY'] });
  t.equal(transportOf('sentry'), undefined, 'the token of another Sentry does not go to sentry.io');
  t.equal(hub.domain.portal.servers.get(ada.caller, 'sentry').enabled, false);

  const { revision } = hub.domain.registry.byId(transportOf('everything')?.id ?? '') ?? {};
  await hub.restart();
  await hub.domain.portal.enablements.start();
  t.equal(
    hub.domain.registry.byId(transportOf('everything')?.id ?? '')?.revision,
    revision,
    'the next start changes nothing',
  );
});
