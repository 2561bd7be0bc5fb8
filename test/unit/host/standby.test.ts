import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { describedApis } from '../../../hub/apis.js';
import { startStandby } from '../../../hub/host/standby.js';
import { freePort } from '../../free-port.mjs';

const listen = { host: '127.0.0.1', port: await freePort() };
const url = `http://127.0.0.1:${listen.port}`;
let active: string | undefined = 'http://hub-b:8080';
const close = await startStandby({ listen, apis: describedApis(), version: '1.2.3', active: () => active });

/** Sends bytes, and gives the first line of the answer. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(listen.port, '127.0.0.1');
  socket.end(bytes);
  const [first] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
  socket.destroy();
  return first.split('\r\n')[0] ?? '';
}

t.test('a waiting hub refuses in the form of each API, and names the active hub', async (t) => {
  const answer = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(url + path, init);
    return { status: response.status, retry: response.headers.get('retry-after'), body: await response.json() };
  };
  const refusal = { status: 503, retry: '1' };
  const message = 'this hub waits for its turn: the active hub is http://hub-b:8080';
  t.match(await answer('/api/servers'), { ...refusal, body: { success: false, error: message } });
  const changed = await answer('/connect/api/servers', { method: 'POST', body: 'x'.repeat(100_000) });
  t.match(changed, { ...refusal, body: { error: message, details: { outcome: 'not_run' } } });
  t.match(await answer('/automation/api/v1/info?x=1'), { ...refusal, body: { error: { message } } });
  t.match(await answer('/health'), { ...refusal, body: { status: 'standby', version: '1.2.3', active } });
  active = undefined;
  t.match(await answer('/api/servers'), { body: { error: 'this hub waits for its turn: no hub is active' } });
  t.match(await answer('/health'), { body: { active: null } });
});

t.test('malformed requests do not end a waiting hub', async (t) => {
  for (const target of ['//', 'http://', '/%', '*'])
    t.match(await raw(`GET ${target} HTTP/1.1\r\nHost: hub\r\n\r\n`), /^HTTP\/1\.1 (?:503|400)/, target);
  t.match(await raw('nonsense\r\n\r\n'), /^HTTP\/1\.1 400/);
  t.equal((await fetch(`${url}/health`)).status, 503);
});

t.test('a waiting hub frees its port when it closes', async (t) => {
  await close();
  await t.rejects(fetch(`${url}/health`));
});
