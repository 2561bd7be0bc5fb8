import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { GuardedStreams } from '../../../hub/domain/agents/guarded-streams.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { ToolCatalog } from '../../../hub/domain/tools/catalog.js';
import { Invocations } from '../../../hub/domain/tools/invocations.js';

const server = { id: 's', name: 'files', groupId: null, site: 'local', ownerId: 'alice' };
const target = { tool: { name: 'echo', readOnly: true }, server, connected: true } as never;
const alice: Caller = {
  ...{ kind: 'user', id: 'alice', name: 'alice', userId: 'alice', role: 'user', api: null, tier: null },
  grants: null,
};

t.test('a call checks role and grants itself, also where its tool was found before', async (t) => {
  const catalog = new ToolCatalog(
    { all: () => [], byId: () => server, onChange: () => {} } as never,
    { onChange: () => {} } as never,
  );
  const store = { record: () => {} };
  const redactor = new Redactor();
  const reached = { fleet: false };
  const rightsNow = (caller: Caller) => caller;
  const breakers = {
    of() {
      reached.fleet = true;
      throw new Error('the call got through');
    },
  };
  const invocations = new Invocations({
    store,
    catalog,
    redactor,
    rightsNow,
    streams: new GuardedStreams({ observe() {} } as never, { now: rightsNow, whileRunning: rightsNow }, []),
    breakers,
    cache: { slot: () => undefined },
  } as never);
  const call = (caller: Caller) => invocations.invoke(SYSTEM, { caller, tool: 'echo', target, arguments: {} });
  await t.rejects(call({ ...alice, role: 'viewer' }), { code: 'forbidden', details: { permission: 'tool.invoke' } });
  await t.rejects(call({ ...alice, grants: { tools: ['other'] } }), { code: 'forbidden' });
  await t.rejects(call({ ...alice, grants: { sites: ['elsewhere'] } }), { code: 'not_found' });
  await t.rejects(call({ ...alice, id: 'bob', userId: 'bob' }), { code: 'not_found' }, 'it belongs to another person');
  t.notOk(reached.fleet);
  await t.rejects(call(alice));
  t.ok(reached.fleet, 'its owner gets through');
});
