import t from 'tap';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { AgentPool } from '../../../hub/domain/updates/checks.js';
import { checkVersion } from '../../../hub/domain/updates/plan.js';
import { isNewer, readCheck } from '../../../hub/domain/updates/source.js';
import { gate, rig, wanted } from './rig.js';

t.test('the hub asks each source once, and again after a change or on request', async (t) => {
  const { updates, register, over, fleet } = await rig(t);
  await register('one');
  const checked = () => fleet.told('checkSource').length;
  const [first] = await updates.check(SYSTEM);
  t.match(first, { check: { current: '1.0.0', latest: '2.0.0' }, error: null, checkedAt: Number });
  await updates.check(SYSTEM, 'one');
  t.equal(checked(), 1);
  await updates.check(SYSTEM, 'one', true);
  t.equal(checked(), 2);
  await over((await updates.update(SYSTEM, 'one', wanted)).id);
  const [after] = await updates.check(SYSTEM);
  t.match(after, { check: { current: '2.0.0', latest: '2.0.0' } });
});

t.test('a server whose check fails is named, and delays no other server', async (t) => {
  const { updates, register, fleet } = await rig(t, { checkMs: 1000 });
  const late = await register('late');
  const broken = await register('broken');
  await register('well');
  await register('url', { transport: { type: 'http', url: 'http://x/mcp', headers: [] } });
  const plain = await register('plain');
  const { opened, open } = gate();
  fleet.before = ({ case: name, value }) => {
    if (name !== 'checkSource') return;
    if (value.serverId === late.id) return opened;
    if (value.serverId === broken.id) throw new DomainError('upstream_failed', 'the registry is out of reach');
    if (value.serverId === plain.id) throw new DomainError('invalid_input', 'no source');
  };
  const found = await updates.check(SYSTEM);
  t.same(
    found.map(({ record, error }) => [record.name, error]),
    [
      ['broken', 'the registry is out of reach'],
      ['late', 'its source did not answer within 1 s'],
      ['well', null],
    ],
  );
  open();
  t.match(await updates.check(SYSTEM, 'url'), [{ unversioned: true, error: null }]);
  fleet.connected = false;
  t.match(await updates.check(SYSTEM, 'broken'), [{ error: /is not connected/ }]);
  t.match(await updates.check(SYSTEM, 'well'), [{ error: null }], 'what is known is known');
});

t.test('a slow agent does not hold up the others', async (t) => {
  const pool = new AgentPool({ all: 3, perAgent: 2 });
  const { opened, open } = gate();
  const begun: string[] = [];
  const work = (agentId: string, name: string, until?: Promise<void>) =>
    pool.run(agentId, async () => {
      begun.push(name);
      await until;
    });
  const slow = ['s1', 's2', 's3'].map((name) => work('slow', name, opened));
  await work('quick', 'q1');
  await work('quick', 'q2');
  t.same(begun, ['s1', 's2', 'q1', 'q2']);
  open();
  await Promise.all(slow);
  t.equal(begun.at(-1), 's3');
});

t.test('texts that may be a version', async (t) => {
  const digest = `sha256:${'0a'.repeat(32)}`;
  for (const version of ['1.0.0', 'latest', 'v1-alpine', digest, `stable@${digest}`])
    t.doesNotThrow(() => checkVersion('version', version, 'image'), version);
  for (const version of ['', '../x', '@1', `stable@${digest}0`, 'stable@1.0.0', 'a b'])
    t.throws(() => checkVersion('version', version, 'image'), { code: 'invalid_input' }, version);
  t.throws(() => checkVersion('version', `1.0.0@${digest}`, 'npm'), { code: 'invalid_input' });
  for (const version of ['1.0', '1!2.0.post1', '1.0rc1', '1.0a.1.dev3', '1.0+local.7'])
    t.doesNotThrow(() => checkVersion('version', version, 'pypi'), version);
  // It would take years if each dot could end one part or begin the next.
  t.throws(() => checkVersion('version', `1${'a.'.repeat(60)}!`, 'pypi'), { code: 'invalid_input' });
});

t.test('newer versions', async (t) => {
  const check = (current: unknown, latest: unknown, more: object = {}) => readCheck({ current, latest, ...more });
  t.ok(isNewer(check('1.0.0', '1.0.1')));
  t.notOk(isNewer(check('1.0.0', '1.0.0')));
  t.notOk(isNewer(check('', '1.0.0')), 'nothing ran yet');
  t.notOk(isNewer(check('2.0.0-rc.1', '1.9.0', { versions: ['2.0.0-rc.1', '1.9.0'] })), 'it runs ahead of the latest');
  const moved = check('latest', 'latest', { digest: { current: 'sha256:a', latest: 'sha256:b' } });
  t.match(moved, { current: 'sha256:a', latest: 'sha256:b' });
  t.ok(isNewer(moved), 'a tag that moved');
  t.match(readCheck(null), { current: null, latest: null, versions: { length: 0 }, breaking: false });
  t.equal(readCheck({ changelog: 'x'.repeat(100_000) }).changelog?.length, 32_768);
});
