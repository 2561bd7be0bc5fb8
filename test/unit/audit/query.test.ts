import t, { type Test } from 'tap';
import type { RequestOrigin } from '../../../hub/domain/access/caller.js';
import { auditWrite, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { type AuditFilter, AuditQueries, auditTrimmer, exportAudit } from '../../../hub/domain/audit/log.js';
import { openStore } from '../../../hub/store/open.js';
import { tempFolder } from '../../temp-folder.js';

const log = { info() {}, warn() {}, error() {} };

/** A log of 3,000 entries: five tool calls for each registration, by two callers in turn. */
async function filled(t: Test) {
  const store = await openStore({ dir: tempFolder(t), log });
  t.teardown(() => store.close());
  const by = (id: string) => ({ ...SYSTEM, caller: { kind: 'api_key', id, name: id } }) as unknown as RequestOrigin;
  for (let i = 0; i < 3000; i += 1) {
    const isCall = i % 6 !== 0;
    const action = isCall ? 'tool.invoke' : 'server.create';
    const resource = { type: isCall ? 'tool' : 'server', id: `r${i % 7}` };
    const audited = { action, resource, details: { i }, success: true, durationMs: 1 };
    store.record({ writes: [auditWrite(by(i % 2 === 0 ? 'even' : 'odd'), audited)] });
  }
  await store.flush();
  return store;
}

t.test('a page of every filter is the page of a plain search', async (t) => {
  const store = await filled(t);
  const queries = new AuditQueries(store);
  const all = (await queries.page({}, 5000, 0)).entries;
  t.equal(all.length, 3000);
  const middle = all[1500]?.time;
  const filters: AuditFilter[] = [
    {},
    { action: 'tool.invoke' },
    { action: 'server.create' },
    { actor: 'odd' },
    { resource: 'server' },
    { resource: 'tool' },
    { actor: 'even', action: 'tool.invoke' },
    { actor: 'even', action: 'server.create' },
    { actor: 'even', resource: 'tool' },
    { resource: 'server', action: 'server.create' },
    { actor: 'nobody' },
  ];
  for (const filter of filters.flatMap((filter) => [filter, { ...filter, from: middle }, { ...filter, to: middle }])) {
    const expected = all.filter(
      ({ action, actor, resource, time }) =>
        (filter.action ?? action) === action &&
        (filter.actor ?? actor?.id) === actor?.id &&
        (filter.resource ?? resource?.type) === resource?.type &&
        time >= (filter.from ?? 0) &&
        time < (filter.to ?? Number.POSITIVE_INFINITY),
    );
    const page = await queries.page(filter, 10, 3);
    const name = JSON.stringify(filter);
    t.same(
      { ...page, entries: page.entries.map(({ id }) => id) },
      {
        total: expected.length,
        exact: true,
        entries: expected.slice(3, 13).map(({ id }) => id),
      },
      name,
    );
  }
});

t.test('an export holds every entry once, in order, and its reader may stop early', async (t) => {
  const store = await filled(t);
  const ids: string[] = [];
  let portions = 0;
  for await (const portion of exportAudit(store, {})) {
    portions += 1;
    ids.push(...portion.map(({ id }) => id));
  }
  t.ok(portions > 5);
  t.equal(new Set(ids).size, 3000);
  t.same(ids, [...ids].sort());
  for await (const portion of exportAudit(store, {})) {
    t.ok(portion.length > 0);
    break;
  }
});

t.test('entries of agents and of callers without a credential displace no entry of other callers', async (t) => {
  const store = await filled(t);
  const from = (action: string, ip: string) =>
    auditWrite({ ...SYSTEM, ip }, { action, resource: null, details: {}, success: false, durationMs: 1 });
  store.record({ writes: [from('hub.start', '')] });
  for (let i = 0; i < 2000; i += 1)
    store.record({ writes: [from('policy.refused', ''), from('auth.login', '192.0.2.1')] });
  await store.flush();
  await auditTrimmer(store, { maxAgeMs: 3_600_000, maxEntries: 6000 }).trim();
  const queries = new AuditQueries(store);
  const totalOf = async (filter: AuditFilter) => (await queries.page(filter, 1, 0)).total;
  t.equal(await totalOf({ actor: 'odd' }), 1500);
  t.equal(await totalOf({ actor: 'even' }), 1500);
  t.equal(await totalOf({ action: 'hub.start' }), 1, 'the hub itself');
  t.equal(await totalOf({ action: 'policy.refused' }), 600);
  t.equal(await totalOf({ action: 'auth.login' }), 600);
});

t.test('trimming by number and by age', async (t) => {
  const store = await filled(t);
  const errors: unknown[] = [];
  const trim = (maxAgeMs: number, maxEntries: number, now?: number) =>
    auditTrimmer(store, { maxAgeMs, maxEntries }, (error) => errors.push(error)).trim(now);
  t.equal(await trim(3_600_000, 1200), 1800);
  const { total, entries } = await new AuditQueries(store).page({}, 1, 0);
  t.equal(total, 1200);
  t.match(entries[0]?.details, { i: 2999 });
  const later = (entries[0]?.time ?? 0) + 60_000;
  t.equal(await trim(1000, 1200, later), 1200, 'all are older than that');
  t.equal((await new AuditQueries(store).page({ actor: 'odd' }, 1, 0)).total, 0);
  t.same(errors, []);
});
