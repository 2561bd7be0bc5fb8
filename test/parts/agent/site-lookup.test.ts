import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import t from 'tap';
import { FORBIDDEN_ADDRESS, guarded, isForbidden, siteLookup } from '../../../agent/drivers/net/site-lookup.js';

/** A name that means these addresses. */
function meaning(...addresses: string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return guarded((_host, { all }, callback) => {
    if (all) callback(null, entries);
    else callback(null, entries[0]?.address ?? '', entries[0]?.family);
  });
}

t.test('addresses that the agent never dials', async (t) => {
  for (const address of [
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    'fd00:ec2::254',
    'fd00:ec2::23',
    '168.63.129.16',
    '100.100.100.200',
  ])
    t.ok(isForbidden(address), address);
  for (const address of ['127.0.0.1', '::1', '10.0.0.1', '192.168.1.1', '::ffff:10.0.0.1', 'fd12::1', '93.184.216.34'])
    t.notOk(isForbidden(address), address);
});

t.test('a name is judged by its address at the time of dialling', async (t) => {
  const server = createServer((_, response) => response.end('ok'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const dial = async (lookup: LookupFunction, host = 'server.test') => {
    const sent = request({ host, port, lookup, agent: false }).end();
    const [response] = await once(sent, 'response');
    response.resume();
    return response.statusCode;
  };
  t.equal(await dial(meaning('127.0.0.1')), 200);
  t.equal(await dial(siteLookup, 'localhost'), 200);
  for (const addresses of [['169.254.169.254'], ['127.0.0.1', 'fe80::1'], ['::ffff:169.254.169.254']])
    await t.rejects(dial(meaning(...addresses)), { code: FORBIDDEN_ADDRESS }, addresses.join());
  await t.rejects(dial(siteLookup, 'no-such-host.invalid'), { code: /ENOTFOUND|EAI_AGAIN/ });
});
