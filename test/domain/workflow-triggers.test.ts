import t, { type Test } from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { DomainError } from '../../hub/domain/errors.js';
import { newEvent } from '../../hub/domain/events/types.js';
import { defaultJobSettings } from '../../hub/domain/jobs/kind.js';
import { isOver, jobRecords } from '../../hub/domain/jobs/record.js';
import { signatureHeaders } from '../../hub/domain/webhooks/secret.js';
import { lastEvents, type NewTrigger } from '../../hub/domain/workflows/triggers.js';
import { type Asker, startDomain, type TestDomain } from '../kit/domain.js';
import { readOnly } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

/** A hub with a workflow that keeps the text that it gets, after a pause of the given seconds. */
async function start(t: Test, seconds = 0) {
  const hub = await startDomain(t);
  await define(hub, seconds);
  hub.domain.triggerStarts.start();
  return hub;
}

async function define(hub: TestDomain, seconds: number) {
  const steps = [
    { id: 'pause', kind: 'wait', with: { seconds } },
    { id: 'keep', kind: 'set', with: { text: '${{ inputs.text }}' } },
  ];
  const parameters = { text: { type: 'string', default: '' } } as const;
  await hub.domain.workflows.catalog.add(hub.admin, { name: 'keep', description: '', parameters, steps });
}

const remedy: NewTrigger = {
  name: 'remedy',
  workflow: 'keep',
  events: ['alert.new'],
  filter: "${{ event.data.severity == 'critical' }}",
  parameters: { text: '${{ event.type }}: ${{ event.data.subject }}' },
};

/** An alert is raised. */
const alert = ({ store }: TestDomain, subject: string, more: Record<string, unknown> = {}) =>
  store.apply({ writes: [], events: [newEvent('alert.new', { subject, severity: 'critical', ...more })] });
/** All triggers have heard of all events so far. */
const heard = (hub: TestDomain) =>
  wait('all events are heard', () => hub.domain.triggerStarts.seq === hub.store.latestSeq);
const runs = ({ store }: TestDomain) =>
  [...store.list(jobRecords, { index: 'kind', equals: ['workflow'] })].sort((a, b) => a.createdAt - b.createdAt);
const texts = (hub: TestDomain) => runs(hub).map(({ params }) => (params.parameters as { text: string }).text);

t.test(
  'an event that passes the filter starts a run with the values that expressions take from it, once',
  async (t) => {
    const hub = await start(t);
    await alert(hub, 'before');
    await hub.domain.triggers.create(hub.admin, { ...remedy, concurrency: 9 });
    await alert(hub, 'harmless', { severity: 'warning' });
    await alert(hub, 'one');
    await heard(hub);
    await hub.over(runs(hub)[0]?.id ?? '');
    t.same(texts(hub), ['alert.new: one']);
    await hub.domain.triggerStarts.close();
    await hub.restart();
    await alert(hub, 'two');
    hub.domain.triggerStarts.start();
    await heard(hub);
    t.same(texts(hub), ['alert.new: one', 'alert.new: two'], 'the hub hears what happened before it listened again');
    await hub.domain.triggerStarts.close();
  },
);

t.test('a storm of events starts as many runs as the trigger allows, or one after a pause', async (t) => {
  const hub = await start(t, 60);
  const { triggers, triggerStarts } = hub.domain;
  const { trigger } = await triggers.create(hub.admin, { ...remedy, concurrency: 2 });
  for (let at = 0; at < 10; at += 1) await alert(hub, `a${at}`);
  await heard(hub);
  t.same(texts(hub), ['alert.new: a0', 'alert.new: a1']);
  t.match(triggerStarts.last(hub.admin, trigger.id), { outcome: 'skipped' });
  await triggers.delete(hub.admin, 'remedy');
  const { trigger: later } = await triggers.create(hub.admin, { ...remedy, debounce: 30 });
  for (let at = 0; at < 10; at += 1) await alert(hub, `b${at}`);
  await heard(hub);
  t.match(runs(hub).at(-1), { status: 'scheduled', dueAt: hub.clock.now + 30_000 });
  t.same(texts(hub).slice(2), ['alert.new: b0']);
  t.match(triggerStarts.last(hub.admin, later.id), { outcome: 'joined' });
});

t.test('the last event of a trigger names no run that could not be written', async (t) => {
  const hub = await start(t);
  const { trigger } = await hub.domain.triggers.create(hub.admin, remedy);
  const { triggerStarts } = hub.domain;
  const apply = hub.store.apply.bind(hub.store);
  let refused = 0;
  hub.store.apply = async (change) => {
    if (!change.writes.some(({ collection }) => collection.name === jobRecords.name)) return apply(change);
    refused += 1;
    throw new DomainError('unavailable', 'the disk is full');
  };
  await alert(hub, 'one');
  await wait('the run is refused', () => refused > 0);
  t.equal(triggerStarts.last(hub.admin, trigger.id), undefined);
  hub.store.apply = apply;
  await hub.clock.move(1000);
  await heard(hub);
  const [run] = runs(hub);
  t.match(triggerStarts.last(hub.admin, trigger.id), { outcome: 'started', runId: run?.id });
});

t.test('after kill -9 the hub starts no run for an event that a trigger left out, and knows its outcome', async (t) => {
  const hub = await start(t, 60);
  const { trigger } = await hub.domain.triggers.create(hub.admin, remedy);
  await alert(hub, 'one');
  await alert(hub, 'left out');
  await heard(hub);
  await hub.store.flush();
  const again = await hub.killed(t);
  t.match(again.domain.triggerStarts.last(hub.admin, trigger.id), { outcome: 'skipped' });
  for (const { id } of runs(again)) await again.domain.jobs.cancel(again.admin, id);
  again.domain.triggerStarts.start();
  await heard(again);
  t.same(texts(again), ['alert.new: one']);
});

t.test('a queue without room leaves out the event, and the triggers go on', async (t) => {
  const jobs = { ...defaultJobSettings, maxWorkers: 1, queueSize: 1, perSite: 9, timeoutMs: 1e6 };
  const hub = await startDomain(t, { settings: { jobs } });
  await define(hub, 0);
  const { triggers, triggerStarts, workflows } = hub.domain;
  const { trigger } = await triggers.create(hub.admin, { ...remedy, concurrency: 9, debounce: 60 });
  triggerStarts.start();
  const schedule = new Date(hub.clock.now + 3_600_000).toISOString();
  const { job } = await workflows.execute(hub.admin, { workflow: 'keep', schedule });
  await alert(hub, 'left out');
  await heard(hub);
  t.match(triggerStarts.last(hub.admin, trigger.id), { outcome: 'skipped', reason: '1 jobs are scheduled already' });
  await hub.domain.jobs.cancel(hub.admin, job.id);
  await alert(hub, 'later');
  await heard(hub);
  t.same(texts(hub).slice(1), ['alert.new: later']);
});

t.test('triggers that start runs by the ends of runs do not go on for ever', async (t) => {
  const hub = await start(t);
  const first = { ...remedy, name: 'first' };
  const { filter, ...any } = remedy;
  await hub.domain.triggers.create(hub.admin, first);
  for (const name of ['second', 'third'])
    await hub.domain.triggers.create(hub.admin, {
      ...any,
      name,
      events: ['job.completed'],
      concurrency: 9,
      parameters: {},
    });
  await alert(hub, 'one');
  await wait('all runs are over, and their ends are heard', () => {
    const { seq } = hub.domain.triggerStarts;
    // The event of a run's end comes after the end.
    return runs(hub).length >= 5 && runs(hub).every(isOver) && seq === hub.store.latestSeq;
  });
  t.equal(runs(hub).length, 5, 'one of the first, and each of the others after it and after the other');
});

t.test('a trigger has the rights that its owner has when the event comes', async (t) => {
  const hub = await start(t);
  const { triggers, triggerStarts, users } = hub.domain;
  const user = await users.create(SYSTEM, { username: 'ada', password: 'a long password', role: 'operator' });
  const ada = await hub.caller('operator', null, { userId: user.id });
  const other = await hub.caller('operator');
  const owned = await hub.connect('of-bob', { read: readOnly() }, {});
  await triggers.create(ada, { ...remedy, concurrency: 9 });
  await t.rejects(triggers.delete(other, 'remedy'), { code: 'forbidden' });
  await t.rejects(triggers.setEnabled(other, 'remedy', false), { code: 'forbidden' });
  for (const as of [await hub.caller('viewer'), await hub.caller('operator', { sites: ['local'] })] as Asker[])
    await t.rejects(triggers.create(as, { ...remedy, name: 'x' }), { code: 'forbidden' });
  const foreign = { ...hub.admin, caller: { ...hub.admin.caller, kind: 'user', id: 'eve', userId: null } as const };
  await t.rejects(triggers.create(foreign, { ...remedy, name: 'x' }), { code: 'forbidden' });
  t.match(
    await triggers.setEnabled(foreign, 'remedy', true),
    { owner: { id: ada.caller.id } },
    'an admin whom only the identity provider knows enables it, and it stays its owner’s',
  );
  await alert(hub, 'of another person', { ownerId: owned.id });
  await alert(hub, 'of ada', { ownerId: user.id });
  await heard(hub);
  t.match(runs(hub), [{ ownerId: user.id, origin: { caller: { id: ada.caller.id } } }], 'only what ada may hear');
  t.throws(() => hub.domain.jobs.get(other, runs(hub)[0]?.id ?? ''), { code: 'not_found' });
  const of = triggers.list(ada)[0]?.id ?? '';
  t.match(triggerStarts.last(ada, of), { outcome: 'started', runId: runs(hub)[0]?.id });
  t.match(triggerStarts.last(other, of), { outcome: 'started', runId: null }, 'the event is about a thing of ada');
  await users.bring(SYSTEM, user.id, { role: 'viewer' });
  await alert(hub, 'after');
  await heard(hub);
  await wait('the trigger is disabled', () => triggers.list(hub.admin)[0]?.enabled === false);
  t.match(triggers.list(hub.admin)[0]?.disabledReason, /may not run workflows any more/);
  t.equal(runs(hub).length, 1);
  await triggers.setEnabled(hub.admin, 'remedy', true);
  await alert(hub, 'after the admin');
  await heard(hub);
  await wait('the trigger is disabled again', () => triggers.list(hub.admin)[0]?.enabled === false);
  t.match(triggers.list(hub.admin), [{ owner: { id: ada.caller.id } }], 'it does not get the rights of the admin');
  await triggers.delete(hub.admin, 'remedy');
  await triggers.create(hub.admin, { ...remedy, concurrency: 9 });
  await alert(hub, 'for the admin');
  await heard(hub);
  t.match(runs(hub)[1]?.origin.caller, { id: hub.admin.caller.id });
  await alert(hub, 'of bob, for the admin', { ownerId: owned.id });
  await heard(hub);
  t.equal(
    runs(hub)[2]?.ownerId,
    hub.admin.caller.userId ?? hub.admin.caller.id,
    'bob reads no run with rights of the admin',
  );
});

t.test('filter and parameters of a trigger are for callers who may read them in its runs', async (t) => {
  const hub = await start(t);
  const { triggers, workflows } = hub.domain;
  const steps = [
    { id: 'nested', kind: 'workflow', with: { workflow: 'keep', parameters: { text: '${{ inputs.text }}' } } },
  ];
  const parameters = { text: { type: 'string', default: '' } } as const;
  await workflows.catalog.add(hub.admin, { name: 'secret', description: '', parameters, steps });
  await triggers.create(hub.admin, { ...remedy, workflow: 'secret' });
  const operator = await hub.caller('operator');
  const shown = triggers.list(operator);
  t.match(shown, [{ name: 'remedy', filter: null }]);
  t.same(shown[0]?.parameters, {});
  t.match(triggers.list(hub.admin), [{ filter: remedy.filter, parameters: remedy.parameters }]);
});

t.test('a trigger that names a personal server belongs to its owner, also after the server is deleted', async (t) => {
  const hub = await start(t);
  const { lifecycle, triggers, triggerStarts, workflows } = hub.domain;
  const [ada, eve] = [await hub.caller('operator'), await hub.caller('operator')];
  const transport = { type: 'stdio', command: 'x', args: [] } as const;
  const own = { ownerId: ada.caller.id, curated: true };
  const parameters = { servers: { type: 'strings', default: [] } } as const;
  const steps = [{ id: 'sweep', kind: 'health_sweep', with: { servers: '${servers}' } }];
  await workflows.catalog.add(hub.admin, { name: 'sweep', description: '', parameters, steps });
  const input = { ...remedy, workflow: 'sweep', parameters: { servers: ['of-ada'] } };
  // The server gets its name after the first trigger is made, and before the second one is.
  await triggers.create(ada, { ...input, name: 'before' });
  const seen = (as: Asker) =>
    triggers.list(as).map(({ name, filter, parameters: { servers } }) => [name, filter, servers]);
  t.match(seen(eve), [['before', remedy.filter, ['of-ada']]], 'there is no such server yet');
  const { record } = await lifecycle.create(ada, { name: 'of-ada', transport }, {}, own);
  const { trigger } = await triggers.create(ada, { ...input, name: 'after' });
  t.same(seen(eve), [
    ['before', null, undefined],
    ['after', null, undefined],
  ]);
  for (const as of [ada, hub.admin])
    t.match(seen(as), [
      ['before', remedy.filter, ['of-ada']],
      ['after', remedy.filter, ['of-ada']],
    ]);
  await alert(hub, 'shared');
  await heard(hub);
  const runId = runs(hub).find(({ params }) => params.triggerId === trigger.id)?.id;
  t.match(triggerStarts.last(ada, trigger.id), { outcome: 'started', runId });
  t.match(triggerStarts.last(eve, trigger.id), { outcome: 'started', runId: null });
  await lifecycle.delete(ada, record.id);
  t.same(seen(eve)[1], ['after', null, undefined]);
  t.match(triggerStarts.last(eve, trigger.id), { outcome: 'started', runId: null });
  t.match(
    [...hub.store.list(lastEvents)].map(({ ownerId }) => ownerId),
    [ada.caller.id, ada.caller.id],
    'the last event belongs to the person of its run',
  );
});

t.test('the reason of the last event is for callers who may read the filter', async (t) => {
  const hub = await start(t);
  const { triggers, triggerStarts, workflows } = hub.domain;
  const steps = [{ id: 'nested', kind: 'workflow', with: { workflow: 'keep' } }];
  const parameters = { text: { type: 'string', default: '' } } as const;
  await workflows.catalog.add(hub.admin, { name: 'outer', description: '', parameters, steps });
  const filter = "${{ event.data.missing.word == 'secret-word' }}";
  const { trigger } = await triggers.create(hub.admin, { ...remedy, workflow: 'outer', filter });
  await alert(hub, 'any');
  await heard(hub);
  t.match(triggerStarts.last(hub.admin, trigger.id), { outcome: 'failed', reason: /./ });
  t.match(triggerStarts.last(await hub.caller('operator'), trigger.id), { outcome: 'failed', reason: null });
});

t.test('a mistake in a trigger is refused with its field', async (t) => {
  const hub = await start(t);
  const refused = (more: Partial<NewTrigger>) =>
    hub.domain.triggers.create(hub.admin, { ...remedy, ...more }).then(
      () => 'taken',
      ({ code, details }) => details.field ?? code,
    );
  t.equal(await refused({ workflow: 'none' }), 'not_found');
  t.equal(await refused({ events: ['tool.invoked'] }), 'events.0');
  t.equal(await refused({ filter: '${{ inputs.x }}' }), 'filter');
  t.equal(await refused({ filter: 'true' }), 'filter');
  t.equal(await refused({ parameters: { other: 'x' } }), 'parameters.other');
  t.equal(await refused({ parameters: { text: 7 } }), 'parameters.text');
  t.equal(await refused({ parameters: { text: '${{ 1 + }}' } }), 'invalid_input');
  t.equal(await refused({ secret: 'x'.repeat(32) }), 'secret');
});

t.test(
  'messages of the same moment start as many runs as the trigger allows, and the same message one run',
  async (t) => {
    const hub = await start(t, 60);
    const { triggers, triggerStarts } = hub.domain;
    const hook = { name: 'hook', workflow: 'keep', parameters: {} };
    const { trigger, secret } = await triggers.create(hub.admin, { ...hook, concurrency: 1 });
    const body = '{}';
    const receive = (id: string) => {
      const signed = signatureHeaders(secret ?? '', id, Date.now(), body);
      const [timestamp = '', signature = ''] = [signed['webhook-timestamp'], signed['webhook-signature']];
      return triggerStarts.receive(SYSTEM, trigger.id, { id, timestamp, signature }, body).catch(({ code }) => code);
    };
    const answers = await Promise.all(['m1', 'm1', 'm2', 'm1'].map(receive));
    const [run] = runs(hub);
    t.equal(runs(hub).length, 1);
    t.same(new Set(answers), new Set([run?.id, 'unavailable']));
    t.equal(answers.filter((answer) => answer === run?.id).length, 3, 'the same message has the same answer');
  },
);

t.test(
  'a message or an event that waits for its turn starts no run of a trigger that is disabled meanwhile',
  async (t) => {
    const hub = await start(t, 60);
    const { triggers, triggerStarts } = hub.domain;
    const hook = { name: 'hook', workflow: 'keep', parameters: {}, concurrency: 9 };
    const { trigger, secret } = await triggers.create(hub.admin, hook);
    await triggers.create(hub.admin, { ...remedy, filter: undefined, concurrency: 9 });
    const receive = (id: string) => {
      const signed = signatureHeaders(secret ?? '', id, Date.now(), '{}');
      const [timestamp = '', signature = ''] = [signed['webhook-timestamp'], signed['webhook-signature']];
      return triggerStarts.receive(SYSTEM, trigger.id, { id, timestamp, signature }, '{}').catch(({ code }) => code);
    };
    // The first run of each trigger is written only once the trigger is disabled.
    const apply = hub.store.apply.bind(hub.store);
    const disabled = new Set<string>();
    hub.store.apply = async (change) => {
      const job = change.writes.find(({ collection }) => collection.name === jobRecords.name);
      const { triggerId } = (job as { value?: { params?: { triggerId?: string } } } | undefined)?.value?.params ?? {};
      if (triggerId !== undefined && !disabled.has(triggerId)) {
        disabled.add(triggerId);
        await triggers.setEnabled(hub.admin, triggerId, false);
      }
      return apply(change);
    };
    t.same((await Promise.all(['m1', 'm2'].map(receive))).sort(), ['conflict', 'not_found'], 'whichever comes first');
    await alert(hub, 'one');
    await alert(hub, 'two');
    await heard(hub);
    t.equal(disabled.size, 2);
    t.same(runs(hub), []);
  },
);

t.test('the body of an incoming webhook has the bounds of depth and values that every body has', async (t) => {
  const hub = await start(t);
  const { triggers, triggerStarts } = hub.domain;
  const { trigger, secret = '' } = await triggers.create(hub.admin, { name: 'hook', workflow: 'keep', concurrency: 9 });
  const receive = (id: string, body: string) => {
    const signed = signatureHeaders(secret ?? '', id, Date.now(), body);
    const [timestamp = '', signature = ''] = [signed['webhook-timestamp'], signed['webhook-signature']];
    return triggerStarts.receive(SYSTEM, trigger.id, { id, timestamp, signature }, body);
  };
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  await t.rejects(receive('m1', nested(65)), { code: 'malformed', message: /deeper than 64 levels/ });
  await t.rejects(receive('m2', `[${'[],'.repeat(120_000)}[]]`), { code: 'payload_too_large' });
  await t.rejects(receive('m3', '{'), { code: 'malformed', message: /not valid JSON/ });
  t.same(runs(hub), []);
  t.ok(await receive('m4', nested(64)));
  t.ok(await receive('m5', ''), 'a message may have no body');
});

t.test('an incoming webhook accepts fresh signed messages, each once', async (t) => {
  const hub = await start(t);
  const { triggers, triggerStarts } = hub.domain;
  const hook = { name: 'hook', workflow: 'keep', concurrency: 9, parameters: { text: '${{ event.data.what }}' } };
  const { trigger, secret } = await triggers.create(hub.admin, hook);
  t.notMatch(JSON.stringify([triggers.list(hub.admin), trigger]), secret ?? '');
  const body = JSON.stringify({ what: 'deployed' });
  const receive = (id: string, { at = Date.now(), sent = body, key = secret ?? '' } = {}) => {
    const signed = signatureHeaders(key, id, at, body);
    const [timestamp = '', signature = ''] = [signed['webhook-timestamp'], signed['webhook-signature']];
    return triggerStarts.receive(SYSTEM, trigger.id, { id, timestamp, signature: `v1,other ${signature}` }, sent).then(
      (run) => run,
      ({ code }) => code as string,
    );
  };
  const wrong = `whsec_${Buffer.from('another secret, of 24 by').toString('base64')}`;
  t.equal(await receive('m1', { key: wrong }), 'invalid_credential');
  t.equal(await receive('m1', { sent: '{"what":"other"}' }), 'invalid_credential', 'another body');
  t.equal(await receive('m1', { at: hub.clock.now - 301_000 }), 'invalid_credential', 'an old message');
  t.equal(await receive('m1', { at: hub.clock.now + 301_000 }), 'invalid_credential', 'a message of the future');
  t.equal(runs(hub).length, 0);
  const run = await receive('m1');
  t.match((await hub.over(run ?? '')).steps[1]?.result, { text: 'deployed' });
  await hub.restart();
  const again = hub.domain.triggerStarts;
  const signed = signatureHeaders(secret ?? '', 'm1', Date.now(), body);
  const replay = {
    id: 'm1',
    timestamp: signed['webhook-timestamp'] ?? '',
    signature: signed['webhook-signature'] ?? '',
  };
  t.equal(await again.receive(SYSTEM, trigger.id, replay, body), run, 'the same message, after a restart');
  t.equal(runs(hub).length, 1);
  await hub.domain.triggers.setEnabled(hub.admin, 'hook', false);
  await t.rejects(again.receive(SYSTEM, trigger.id, { ...replay, id: 'm2' }, body), { code: 'not_found' });
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows
