import t from 'tap';
import { automationDocument } from '../automation.js';
import { ADMIN_PASSWORD, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';

const base = '/automation/api/v1';
const signIn = { username: 'admin', password: ADMIN_PASSWORD };

/** A request of each category; of two, by turns: they share it. */
const requests: Readonly<Record<string, readonly (readonly [method: string, path: string, body?: object])[]>> = {
  authentication: [
    ['POST', '/auth/token', signIn],
    ['POST', '/auth/refresh', { refresh_token: 'nobody’s' }],
  ],
  read: [
    ['GET', '/info'],
    ['GET', '/servers/nobody'],
  ],
  write: [
    ['POST', '/servers/nobody/stop'],
    ['POST', '/alerts/0193a1b2-0000-7000-8000-000000000000/acknowledge', { message: 'x' }],
  ],
  update: [
    ['POST', '/updates/nobody'],
    ['POST', '/updates/nobody/rollback'],
  ],
  cleanup: [['POST', '/cleanup/run', { dry_run: true }]],
};

t.test('each documented limit is hit exactly at its number, and says when to come back', async (t) => {
  const hub = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '1' } });
  const key = await hub.key('operator');
  t.same(Object.keys(requests), Object.keys(automationDocument.rateLimits));
  for (const [category, { requests: most, windowSeconds }] of Object.entries(automationDocument.rateLimits)) {
    const turns = requests[category] ?? [];
    const send = (n: number) => {
      const [method, path, body] = turns[n % turns.length] ?? ['GET', '/info'];
      return hub.call(method, base + path, body, category === 'authentication' ? null : key);
    };
    for (let n = 0; n < most; n += 1) {
      const { status, headers } = await send(n);
      const shown = ['limit', 'remaining'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));
      if (status === 429 || shown[0] !== most || shown[1] !== most - n - 1)
        t.fail(`${category}, request ${n + 1}: ${status}, ${shown.join(' and ')}`);
    }
    for (const n of [most, most + 1]) {
      const asked = Date.now() / 1000;
      const { status, headers, body } = await send(n);
      t.equal(status, 429, `${category}: request ${n + 1}`);
      sameShape(t, body, automationDocument.rateLimited);
      sameShape(t, body, { ...(automationDocument.error as object), error: { trace_id: '' } });
      const { retry_after: seconds, code, message } = body.error;
      t.equal(code, 'RATE_LIMIT_EXCEEDED');
      t.equal(message, `Rate limit exceeded. Please retry after ${seconds} seconds`);
      t.ok(seconds > windowSeconds - 50 && seconds <= windowSeconds, `${seconds} of ${windowSeconds} s are left`);
      t.equal(headers.get('retry-after'), String(seconds));
      t.equal(headers.get('x-ratelimit-remaining'), '0');
      const reset = Number(headers.get('x-ratelimit-reset')) - seconds;
      t.ok(reset >= asked - 1 && reset <= Date.now() / 1000 + 1, 'seconds since 1970');
    }
  }
  t.equal((await hub.call('GET', `${base}/info`)).status, 200, 'others go on');
});
