import t from 'tap';
import { SessionCookies } from '../../../hub/http/request/session-cookies.js';

const value = 'id.secret';
const secure = `__Host-roundhouse-session=${value}`;
const plain = `roundhouse-session=${value}`;
const host = 'hub.example.com';

/** The session that the hub sees in a request. */
function session(headers: Readonly<Record<string, string>>, publicUrl?: string): string | null {
  return new SessionCookies(publicUrl).session({ header: (name) => ({ host, ...headers })[name] ?? '' });
}

t.test(
  'over TLS only the cookie with the prefix counts: another host of the domain may have set the plain one',
  async (t) => {
    const overTls = { 'sec-fetch-site': 'same-origin' };
    t.equal(session({ ...overTls, cookie: secure }), value);
    t.equal(session({ ...overTls, cookie: plain }), null);
    t.equal(session({ ...overTls, cookie: `roundhouse-session=tossed; ${secure}` }), value);
    for (const own of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'hub.localhost'])
      t.equal(session({ ...overTls, cookie: plain, host: own }), value, `${own}: browsers trust it without TLS`);
    const behind = { ...overTls, host: '127.0.0.1:8080' };
    t.equal(session({ ...behind, cookie: plain }, 'https://hub.example.com'), null, 'a proxy ended TLS');
    t.equal(session({ ...behind, cookie: secure }, 'https://hub.example.com'), value);
    for (const other of ['127.example.com', 'localhost.example.com', 'not a host'])
      t.equal(session({ ...overTls, cookie: plain, host: other }), null, other);
  },
);

t.test('a cookie of another host does not count as the hub’s', async (t) => {
  for (const blank of ['\u2000', '\u00a0', '\ufeff', '\u0085', '\v'])
    t.equal(session({ cookie: `${blank}__Host-roundhouse-session=tossed; ${secure}` }), value, JSON.stringify(blank));
  t.equal(session({ cookie: '\u2000__Host-roundhouse-session=tossed' }), null);
  t.equal(session({ cookie: `${secure}; __Host-roundhouse-session=tossed` }), null, 'one of two');
  t.equal(session({ cookie: `${secure}; __Host-roundhouse-session=tossed; ${plain}` }), null);
  t.equal(session({ cookie: `__Host-roundhouse-session=${'x'.repeat(5000)}` }), null);
});

t.test('without TLS the plain cookie counts, if there is one', async (t) => {
  t.equal(session({ cookie: `theme=dark; ${plain}` }), value);
  t.equal(session({ cookie: `${plain}; roundhouse-session=tossed` }), null);
  t.equal(session({ cookie: `x${plain}` }), null);
  t.equal(session({ cookie: '' }), null);
});

t.test('the page must be of this hub', async (t) => {
  const cookie = secure;
  t.equal(session({ cookie, origin: 'https://hub.example.com' }), value);
  t.equal(session({ cookie, origin: 'https://HUB.example.com', host: 'Hub.Example.com' }), value);
  for (const origin of [
    'https://example.com',
    'https://hub.example.com:444',
    'https://hub.example.com.evil',
    'null',
    'x',
  ])
    t.equal(session({ cookie, origin }), null, origin);
  for (const site of ['cross-site', 'same-site', 'none'])
    t.equal(session({ cookie, 'sec-fetch-site': site }), null, site);
  const behind = { cookie, origin: 'https://hub.example.com', host: 'inner:8080' };
  t.equal(session(behind), null, 'a proxy has changed Host');
  t.equal(session(behind, 'https://hub.example.com/ops'), value, 'the public URL names the origin');
});

t.test('only a page of the hub may set cookies', async (t) => {
  const cookies = new SessionCookies();
  const page = (origin: string, site = '') =>
    cookies.page({ header: (name) => ({ host, origin, 'sec-fetch-site': site })[name] ?? '' });
  for (const origin of ['', 'null', 'https://evil.example']) t.throws(() => page(origin), { code: 'forbidden' });
  t.throws(() => page('https://hub.example.com', 'cross-site'), { code: 'forbidden' });
  const secured = new SessionCookies('https://hub.example.com');
  const headers: Record<string, string> = { host: 'localhost:8080', origin: 'http://localhost:8080' };
  t.throws(() => secured.page({ header: (name) => headers[name] ?? '' }), { message: /^Go to https:/ });
  t.match(cookies.setSession(page('https://hub.example.com'), value, Date.now()), /^__Host-.*; Secure$/);
  t.notMatch(cookies.setSession(page('http://hub.example.com'), value, Date.now()), /__Host-|Secure/);
});
