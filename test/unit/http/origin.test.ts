import t from 'tap';
import { OriginCheck, type OriginRules } from '../../../hub/http/websocket/origin.js';

function check(rules: Partial<OriginRules>) {
  const made = new OriginCheck({ listenHost: '0.0.0.0', corsOrigins: [], ...rules });
  return (host: string, origin = '') => {
    try {
      made.check(host, origin);
      return true;
    } catch {
      return false;
    }
  };
}

t.test('a page whose host name leads to a hub with a public URL does not have the hub’s origin', async (t) => {
  const may = check({ publicUrl: 'https://hub.example', corsOrigins: ['http://tools.example'] });
  t.notOk(may('evil.example:8080', 'http://evil.example:8080'));
  t.notOk(may('evil.example', 'http://evil.example'));
  t.notOk(may('hub.example', 'https://evil.example'), 'as a page of anywhere else is not');
  t.notOk(may('hub.example', 'null'));
  t.ok(may('hub.example', 'https://hub.example'));
  t.ok(may('hub:8080', 'https://hub.example'), 'behind a proxy that puts another host in its place');
  t.ok(may('hub.example:8080', 'http://hub.example:8080'), 'at the port that a proxy would be before');
  t.ok(may('tools.example', 'http://tools.example'), 'an origin that is allowed');
  t.ok(may('second.example', 'https://second.example'), 'a second name of a proxy that speaks HTTPS');
});

t.test('the hub accepts a request without an origin, and a request to an address or a local name', async (t) => {
  const may = check({ publicUrl: 'https://hub.example' });
  for (const host of ['192.0.2.7:8080', '[2001:db8::7]:8080', '127.0.0.1', 'localhost:8080', 'hub', 'hub.site.local']) {
    t.ok(may(host), `${host}, as health checks and agents do`);
    t.ok(may(host, `http://${host}`), host);
  }
  t.ok(may('anything.example'));
});

t.test('a hub without a public URL accepts every name as its own, except on loopback', async (t) => {
  t.ok(check({})('anything.example', 'http://anything.example'));
  const may = check({ listenHost: '127.0.0.1' });
  t.notOk(may('evil.example:8080', 'http://evil.example:8080'));
  t.ok(may('localhost:8080', 'http://localhost:8080'));
});
