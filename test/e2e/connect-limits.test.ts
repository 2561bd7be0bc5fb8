import t from 'tap';
import { ADMIN_KEY, fixture, type Hub, roundhouse, startAgent, startHub } from '../roundhouse.js';

// test/domain/limits.test.ts proves the limits of servers, test/api/http/limits.test.ts the limits of keys and classes.

const unscaled = { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '1' } };
const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')] };

/** How many requests the hub answers before the first refusal; and the refusal. */
async function untilRefused(hub: Hub, key: string, most: number) {
  for (let i = 0; i < most; i += 1) {
    const answer = await hub.call('GET', '/api/tools/categories', undefined, key);
    if (answer.status !== 200) return { answered: i, refused: answer };
  }
  return { answered: most, refused: undefined };
}

/** One hub for all tests except the test that stops its hub. */
let hub: Hub;
t.before(async () => {
  hub = await startHub(t, unscaled);
});

t.test('each tier ends exactly at its number', async (t) => {
  for (const [tier, perMinute] of [
    ['free', 60],
    ['pro', 300],
  ] as const) {
    const key = await hub.key('viewer', { tier });
    const { answered, refused } = await untilRefused(hub, key, perMinute + 5);
    t.equal(answered, perMinute, tier);
    t.equal(refused?.status, 429);
    t.match(refused?.body, { success: false, code: 'RATE_LIMITED' });
    t.match(refused?.headers.get('retry-after'), /^\d+$/);
    t.equal(refused?.headers.get('x-ratelimit-limit'), String(perMinute));
    t.equal(refused?.headers.get('x-ratelimit-remaining'), '0');
  }
  const unlimited = await untilRefused(hub, await hub.key('viewer', { tier: 'enterprise' }), 400);
  t.equal(unlimited.refused, undefined, 'enterprise');
});

t.test("a key's own limits stand in place of its tier's", async (t) => {
  const made = await hub.call('POST', '/api/keys', { name: 'own', tier: 'pro', limits: { perMinute: 3 } });
  t.match(made.body.data, { tier: 'pro', limits: { perMinute: 3 } });
  t.equal((await untilRefused(hub, made.body.data.key, 10)).answered, 3);
  const { body } = await hub.call('GET', '/api/keys');
  t.match(body.data.find(({ name }: { name: string }) => name === 'own').limits, { perMinute: 3 });
  t.equal((await hub.call('POST', '/api/keys', { name: 'none', limits: { perMinute: 0 } })).status, 400);

  const args = ['key', 'create', '--name', 'cli', '--per-minute', '2', '--per-day', '100'];
  const { stdout, code } = await roundhouse(t, [...args, '--url', hub.url, '--key', ADMIN_KEY]);
  t.equal(code, 0);
  t.equal((await untilRefused(hub, stdout.trim(), 10)).answered, 2, 'made on the command line');
});

t.test('the count of a day goes on after a restart', async (t) => {
  const hub = await startHub(t, unscaled);
  const { body } = await hub.call('POST', '/api/keys', { name: 'daily', limits: { perMinute: 1000, perDay: 5 } });
  const { key } = body.data;
  t.equal((await untilRefused(hub, key, 3)).answered, 3);
  await hub.stop();
  const again = await startHub(t, { ...unscaled, data: hub.data });
  const { answered, refused } = await untilRefused(again, key, 10);
  t.equal(answered, 2, 'three were used before');
  t.ok(Number(refused?.headers.get('retry-after')) > 0);
});

t.test('a client hears that a server has reached its own limit', async (t) => {
  await startAgent(t, hub);
  const serverId = await hub.connectServer({ name: 'limited', transport, rateLimits: { requestsPerMinute: 2 } });
  const call = () => hub.call('POST', '/api/tools/read/invoke', { serverId });
  t.equal((await call()).status, 200);
  t.equal((await call()).status, 200);
  const refused = await call();
  t.equal(refused.status, 429);
  t.match(refused.body, { code: 'RATE_LIMITED', details: { serverName: 'limited', window: 'minute' } });
  t.match(refused.headers.get('retry-after'), /^\d+$/);
});
