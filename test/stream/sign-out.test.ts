import t from 'tap';
import { startHub } from '../roundhouse.js';
import { SseClient } from './sse-client.js';
import { WsClient } from './ws-client.js';

/** An hour: no interval ends during a test. */
const NEVER_MS = 3_600_000;

t.test(
  'a sign-out ends the event streams and sockets of that sign-in, before they are verified again by time',
  async (t) => {
    const { setInterval: real } = globalThis;
    t.teardown(() => Object.assign(globalThis, { setInterval: real }));
    // Streams and sockets are also verified every few seconds: without that only the sign-out itself can end them.
    Object.assign(globalThis, { setInterval: (work: () => void) => real(work, NEVER_MS) });
    const hub = await startHub(t);
    const account = { username: 'ada', password: 'correct horse battery' };
    await hub.call('POST', '/api/users', { ...account, role: 'user' });
    const signIn = async (): Promise<string> => {
      const { body } = await hub.call('POST', '/infrastructure/api/v1/auth/login', account, null);
      return body.data.access_token;
    };
    const [token, other] = [await signIn(), await signIn()];
    const stream = await SseClient.open(t, hub, { key: token });
    const socket = await WsClient.authenticated(t, hub, token);
    const kept = await WsClient.authenticated(t, hub, other);
    t.equal((await hub.call('POST', '/infrastructure/api/v1/auth/logout', undefined, token)).status, 200);
    await stream.ended;
    t.match(stream.events.at(-1), { event: 'close' });
    t.same(await socket.closed, { code: 4401, reason: 'credential' });
    kept.send({ type: 'ping' });
    t.ok(await kept.next('pong'), 'another sign-in of the same user goes on');
  },
);
