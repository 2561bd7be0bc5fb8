import t from 'tap';
import { call, on, startHttp } from './fixture.js';

t.test('routes of other protocols win over the APIs', async (t) => {
  const { url } = await startHttp(
    t,
    { connect: [on('GET', '/api/raw')] },
    { extend: (routes) => routes.get('/connect/api/raw', (res) => void res.end('raw')) },
  );
  t.equal((await call(`${url}/connect/api/raw`)).text, 'raw');
  t.match(await call(`${url}/api/raw`), { json: { form: 'connect' } });
});

t.test('tables that contradict each other are refused at start', async (t) => {
  const bad: [Parameters<typeof on>, RegExp][] = [
    [['GET', '/a', { limit: 'nosuch' }], /connect GET \/a .*no rate-limit class 'nosuch'/],
    [['GET', 'a'], /must start with/],
  ];
  for (const [args, message] of bad) await t.rejects(startHttp(t, { connect: [on(...args)] }), message);
  await t.rejects(startHttp(t, { connect: [on('GET', '/a'), on('GET', '/a')] }), /twice/);
});
