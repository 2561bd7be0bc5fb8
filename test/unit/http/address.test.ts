import t from 'tap';
import { addressSubject, normalizeAddress, TrustedProxies } from '../../../hub/http/access/address.js';

t.test('addresses are shown in their usual form', async (t) => {
  t.equal(normalizeAddress('127.0.0.1'), '127.0.0.1');
  t.equal(normalizeAddress('0000:0000:0000:0000:0000:ffff:7f00:0001'), '127.0.0.1');
  t.equal(normalizeAddress('2001:0db8:0000:0000:0000:0000:0000:0001'), '2001:db8::1');
  t.equal(normalizeAddress('no:address'), 'no:address');
});

t.test('an IPv6 client counts as its /64', async (t) => {
  t.equal(addressSubject('10.1.2.3'), '10.1.2.3');
  t.equal(addressSubject('2001:db8::1'), addressSubject('2001:db8::ffff:2'));
  t.equal(addressSubject('2001:db8:0:1::1'), '2001:db8:0:1::/64');
  t.not(addressSubject('2001:db8:0:1::1'), addressSubject('2001:db8:0:2::1'));
  t.equal(addressSubject('::1'), '0:0:0:0::/64');
});

t.test('only trusted proxies name the address of the client', async (t) => {
  const proxies = new TrustedProxies(['10.0.0.0/8', '127.0.0.1', '2001:db8::/32']);
  t.equal(proxies.client('192.0.2.1', '1.2.3.4'), '192.0.2.1', 'an untrusted peer says nothing');
  t.equal(proxies.client('127.0.0.1', '1.2.3.4'), '1.2.3.4');
  t.equal(proxies.client('127.0.0.1', '6.6.6.6, 1.2.3.4, 10.9.9.9'), '1.2.3.4', 'left of an untrusted hop is hearsay');
  t.equal(proxies.client('127.0.0.1', '10.1.1.1, 10.9.9.9'), '10.1.1.1', 'all of it trusted: the farthest');
  t.equal(proxies.client('127.0.0.1', '1.2.3.4, garbage, 10.9.9.9'), '10.9.9.9');
  t.equal(proxies.client('127.0.0.1', '1.2.3.4:5678'), '1.2.3.4');
  t.equal(proxies.client('127.0.0.1', '[2001:dbb::5]:80'), '2001:dbb::5');
  t.equal(proxies.client('127.0.0.1', ''), '127.0.0.1');
});

t.test('an entry that is neither address nor range is refused at start', async (t) => {
  for (const entry of ['proxy', '10.0.0.0/33', '10.0.0.0/', '::1/129', '10.0.0.0/x'])
    t.throws(() => new TrustedProxies([entry]), /neither an address nor a CIDR range/, entry);
});
