import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { connectTo, startPostgresql, urlOf } from '../../fixtures/databases/databases.js';
import { type Hub, roundhouse, startHub } from '../../roundhouse.js';
import { fixedAddresses } from '../../stream/ledger.js';
import { tempFolder } from '../../temp-folder.js';

const namesOf = async (hub: Hub) =>
  (await hub.call('GET', '/api/groups')).body.data.map(({ name }: { name: string }) => name).sort();

t.test('a hub moves into a database of several hubs, and out of it', async (t) => {
  const server = await startPostgresql(t);
  if (!server) return;
  const database = urlOf(server);
  const hubs = (...words: string[]) => roundhouse(t, ['hubs', ...words, '--cluster', database]);
  const [first, alone, other] = [tempFolder(t), tempFolder(t), tempFolder(t)];

  const before = await startHub(t, { data: first });
  t.equal((await before.call('POST', '/api/groups', { name: 'from before' })).status, 201);
  const running = await hubs('init', '--data', first);
  t.equal(running.code, 1);
  t.match(running.stderr, /in use|another hub/, 'the hub runs');
  await before.stop();
  t.match(await hubs('init', '--data', other), { code: 1, stderr: /is not the data folder of a hub/ });
  t.match(await hubs('init', '--data', first), { code: 0 });
  t.match(await hubs('init', '--data', first), {
    code: 1,
    stderr: /has no records of a hub|has the records of this hub/,
  });

  const active = await startHub(t, { data: first, env: { ...(await fixedAddresses()), ROUNDHOUSE_CLUSTER: database } });
  t.same(await namesOf(active), ['from before']);
  t.equal((await active.call('POST', '/api/groups', { name: 'together' })).status, 201);
  const shown = await hubs('status', '--json');
  t.match(JSON.parse(shown.stdout), {
    hubs: [{ address: active.url, active: true, alive: true }],
    synchronousStandby: false,
  });
  const { stdout, stderr } = await hubs('status');
  t.match(stdout, `active  ${active.url}`);
  t.match(stderr, 'a failover can lose changes');

  t.match(await hubs('export', '--data', alone), { code: 1, stderr: /sealing\.key is missing/ });
  copyFileSync(join(first, 'sealing.key'), join(alone, 'sealing.key'));
  t.match(await hubs('export', '--data', alone), { code: 0 });
  t.match(await hubs('export', '--data', alone), { code: 1, stderr: /has a store already/ });
  await active.stop();
  const single = await startHub(t, { data: alone });
  t.same(await namesOf(single), ['from before', 'together']);
  t.equal((await single.call('GET', '/api/keys')).status, 200, 'the keys are the same');
  t.ok(existsSync(join(alone, 'ca.crt')), 'agents find the authority that they trust');

  const malformed = await roundhouse(t, ['hubs', 'status', '--cluster', 'mysql://127.0.0.1/x']);
  t.match(malformed, { code: 1, stderr: /postgresql:\/\// });
  const nowhere = await roundhouse(t, ['hubs', 'status']);
  t.match(nowhere, { code: 1, stderr: /ROUNDHOUSE_CLUSTER/ });
  await (await connectTo(t, database))("delete from rh_record where id = 'records'");
  const partial = tempFolder(t);
  copyFileSync(join(first, 'sealing.key'), join(partial, 'sealing.key'));
  t.match(await hubs('export', '--data', partial), { code: 1, stderr: /does not have all records/ });
  t.notOk(existsSync(join(partial, 'store.mdb')), 'no part of the records is left');
});
