import { classOfAddress } from '@roundhouse/proto/net';
import t from 'tap';
import { checkImageRegistry, checkSiteUrl, UrlGuard, type UrlGuardOptions } from '../../../hub/domain/net/url-guard.js';

const names: Readonly<Record<string, readonly string[]>> = {
  'public.test': ['93.184.216.34'],
  'both.test': ['93.184.216.34', '2606:2800:220:1::1'],
  'inside.test': ['10.1.2.3'],
  'mixed.test': ['93.184.216.34', '10.1.2.3'],
  'metadata.test': ['169.254.169.254'],
  'metadata6.test': ['fd00:ec2::254'],
  localhost: ['127.0.0.1', '::1'],
};

function guard(options: Partial<UrlGuardOptions> = {}): UrlGuard {
  return new UrlGuard({
    resolve: async (host) => {
      const found = names[host];
      if (!found) throw new Error(`no such host: ${host}`);
      return found;
    },
    allowPrivate: false,
    own: () => ({ listens: [{ host: '0.0.0.0', port: 8080 }], publicUrl: 'https://hub.test' }),
    localAddresses: () => ['203.0.113.7', '192.168.1.7'],
    ...options,
  });
}

t.test('classes of addresses', async (t) => {
  const wanted = {
    public: ['93.184.216.34', '2606:2800:220:1::1', '8.8.8.8', '::ffff:8.8.8.8', '64:ff9b::808:808'],
    loopback: ['127.0.0.1', '127.255.0.1', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'],
    private: ['10.0.0.1', '172.31.0.1', '192.168.0.1', '100.64.0.1', 'fd12::1', 'fec0::1', '198.51.100.1', '240.0.0.1'],
    metadata: [
      '169.254.169.254',
      '169.254.0.1',
      'fe80::1',
      'fe80::1%eth0',
      '::ffff:169.254.169.254',
      '::ffff:a9fe:a9fe',
      '64:ff9b::a9fe:a9fe',
      '2002:a9fe:a9fe::',
      'fd00:ec2::254',
      'fd00:0ec2:0:0:0:0:0:254',
      'fd20:ce::254',
      '168.63.129.16',
      '100.100.100.200',
    ],
    nowhere: ['0.0.0.0', '0.1.2.3', '::', '224.0.0.1', 'ff02::1', '255.255.255.255', '4000::1', '::a9fe:1:1', 'x', ''],
  };
  for (const [kind, addresses] of Object.entries(wanted))
    for (const address of addresses) t.equal(classOfAddress(address), kind, address);
});

t.test('addresses that the hub never calls, with any settings', async (t) => {
  const all = guard({ allowPrivate: true });
  for (const url of [
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fd00:ec2::23]/',
    'http://metadata.test/',
    'http://METADATA.test./',
    'http://metadata6.test/',
    'http://0.0.0.0:9000/',
    'http://224.0.0.1/',
    'https://hub.test/webhook',
    'https://HUB.test.:443/',
    'http://127.0.0.1:8080/',
    'http://localhost:8080/',
    'http://2130706433:8080/',
    'http://[::1]:8080/',
    'http://192.168.1.7:8080/',
    'ftp://public.test/',
    'http://user:password@public.test/',
    'public.test',
    '',
  ])
    await t.rejects(all.check(url, 'url'), { code: 'invalid_input', details: { field: 'url' } }, url);
  await t.rejects(all.check(`http://a${'.'.repeat(60_000)}b/`, 'url'), {
    message: 'url: must have at most 2048 characters',
  });
});

t.test('private ranges by setting', async (t) => {
  const inside = [
    'http://127.0.0.1/',
    'http://localhost/',
    'http://10.1.2.3/',
    'http://inside.test/',
    'http://[fd12::1]/',
  ];
  for (const url of inside) {
    await t.rejects(guard().check(url, 'url'), { code: 'invalid_input' }, url);
    await t.resolves(guard({ allowPrivate: true }).check(url, 'url'), url);
  }
  const some = guard({ allowPrivate: ['10.1.0.0/16', '::1'] });
  await t.resolves(some.check('http://inside.test/', 'url'));
  await t.resolves(some.check('http://[::1]:9000/', 'url'));
  await t.rejects(some.check('http://10.2.0.1/', 'url'), { code: 'invalid_input' });
  t.throws(() => guard({ allowPrivate: ['10.1.0.0/99'] }), /neither/);
});

t.test('addresses that pass', async (t) => {
  for (const url of [
    'https://public.test/hook?a=1',
    'http://both.test:8080/',
    'http://8.8.8.8/',
    'https://hub.test:8443/',
    'http://unknown.test/',
  ])
    await t.resolves(guard().check(url, 'url'), url);
});

t.test('a registration does not wait for a look-up that hangs', async (t) => {
  const hanging = guard({ resolve: () => new Promise(() => {}), lookupTimeoutMs: 10 });
  await t.resolves(hanging.check('http://slow.test/', 'url'));
});

t.test('before a connection: every address of the name, or none', async (t) => {
  t.same(await guard().addresses(new URL('https://both.test/')), names['both.test']);
  t.same(await guard().addresses(new URL('http://[2606:2800:220:1::1]/')), ['2606:2800:220:1::1']);
  await t.rejects(guard().addresses(new URL('https://mixed.test/')), { code: 'refused' });
  await t.rejects(guard().addresses(new URL('https://metadata.test/')), { code: 'refused' });
  await t.rejects(guard().addresses(new URL('https://unknown.test/')), /no such host/);
});

t.test('addresses that agents dial at their sites', async (t) => {
  for (const url of [
    'http://169.254.169.254/',
    'ws://[::ffff:169.254.169.254]/',
    'http://0xa9fea9fe/mcp',
    'http://[fd00:ec2::254]/',
  ])
    t.throws(
      () => checkSiteUrl(url, 'transport.url'),
      { code: 'invalid_input', details: { field: 'transport.url' } },
      url,
    );
  for (const url of [
    'http://127.0.0.1:3000/mcp',
    'http://10.0.0.1/',
    'http://0.0.0.0:3000/',
    'wss://mcp.test/',
    'http://192.0.2.1/',
  ])
    t.doesNotThrow(() => checkSiteUrl(url, 'transport.url'), url);
});

t.test('the registries of images that agents dial at their sites', async (t) => {
  for (const image of ['169.254.169.254/latest/x:1', '[::ffff:a9fe:a9fe]:80/z/z', '2852039166./z'])
    t.throws(() => checkImageRegistry(image, 'image'), { code: 'invalid_input', details: { field: 'image' } }, image);
  for (const image of ['nginx', 'a/b', '169.254.169.254', '10.0.0.1:5000/x', 'ghcr.io/a/b:1', 'localhost:5000/x'])
    t.doesNotThrow(() => checkImageRegistry(image, 'image'), image);
});
