import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { auditLog, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Dependants } from '../../../hub/domain/dependants.js';
import { ApiKeys } from '../../../hub/domain/people/keys/keys.js';
import { OwnKeys } from '../../../hub/domain/people/keys/own-keys.js';
import { type ApiKeyRecord, apiKeys } from '../../../hub/domain/people/record.js';
import { put, replace } from '../../../hub/domain/store.js';
import { Deliverer, defaultDeliverySettings, nextAttempt } from '../../../hub/domain/webhooks/deliverer.js';
import { DeliveryHistory, Statistics } from '../../../hub/domain/webhooks/history.js';
import { Outbox } from '../../../hub/domain/webhooks/outbox.js';
import { type Delivery, deliveries, webhooks } from '../../../hub/domain/webhooks/record.js';
import { freePort } from '../../free-port.mjs';
import { sendEndlessly } from '../../kit/endless.js';
import { wait } from '../../kit/wait.js';
import { Receiver } from '../../receiver.js';
import { openTestStore } from '../store/stores.js';
import { over, Rig, type RigOptions, receiver } from './rig.js';

async function rigOf(t: Parameters<typeof openTestStore>[0], options?: RigOptions) {
  const { store } = await openTestStore(t);
  return new Rig(store, options).start(t);
}

t.test('delivers the wanted events, signed, and remembers them', async (t) => {
  const rig = await rigOf(t);
  const to = await receiver(t);
  await rig.happen(0);
  const webhook = await rig.hook(to, ['tool.invoked', 'circuit.opened']);
  await rig.happen(1, { type: 'server.error' }, { type: 'circuit.opened' }, 2);
  const deliveries = await rig.until(webhook, (all) => over(all) && all.length === 3);
  t.same(to.received.map(({ payload }) => payload.type).sort(), ['circuit.opened', 'tool.invoked', 'tool.invoked']);
  t.same(
    to.received
      .map(({ payload }) => payload.data.n)
      .filter(Boolean)
      .sort(),
    [1, 2],
    'nothing from before',
  );
  t.match(to.received[0], {
    payload: { timestamp: /^\d{4}-.*Z$/ },
    headers: { 'content-type': 'application/json', 'user-agent': /^Roundhouse/ },
  });
  t.same(to.forged, []);
  t.same(new Set(to.received.map(({ id }) => id)), new Set(deliveries.map(({ id }) => id)));
  t.match(deliveries, [{ status: 'success', attempts: [{ statusCode: 204, error: null, durationMs: Number }] }]);
  t.match(rig.dispatch.counts(webhook.id), { total: 3, successful: 3, failed: 0, pending: 0, lastDeliveryAt: Number });
});

t.test('only one of two writers that follow the journal makes the deliveries of an event', async (t) => {
  const { store } = await openTestStore(t);
  const { registry: webhooks, owners, ...rig } = new Rig(store);
  await rig.webhooks.create(SYSTEM, { url: 'http://127.0.0.1:9', events: ['tool.invoked'] });
  const writers = [1, 2].map(() => new Outbox({ store, webhooks, owners, take: () => true, onError() {} }));
  t.teardown(() => Promise.all(writers.map((writer) => writer.close())));
  const made: string[] = [];
  store.observe(({ writes }) => {
    for (const { collection, id } of writes) if (collection === deliveries.name) made.push(id);
  });
  for (const writer of writers) writer.start();
  const events = [1, 2, 3].map((n) => ({ type: 'tool.invoked', data: { n } }));
  const { events: happened } = await store.apply({ writes: [], events });
  const last = happened.at(-1)?.seq ?? 0;
  await wait('both have passed the events', () => writers.every(({ seq }) => seq >= last));
  t.equal(made.length, 3);
});

t.test('an attempt that ends after another attempt at the same delivery does not undo its outcome', async (t) => {
  const { store } = await openTestStore(t);
  const { registry, owners, webhooks } = new Rig(store);
  const { webhook } = await webhooks.create(SYSTEM, { url: 'http://127.0.0.1:9', events: ['tool.invoked'] });
  const delivery: Delivery = {
    ...{ id: 'd', webhookId: webhook.id, eventType: 'tool.invoked', status: 'pending', body: '{"data":{}}' },
    ...{ attempts: [], nextAttemptAt: 0, createdAt: Date.now(), finishedAt: null, test: false },
  };
  await store.apply({ writes: [put(deliveries, delivery, 'any')] });
  const codes = [204, 500];
  const post = async () => ({ statusCode: codes.shift() ?? null, durationMs: 1, retryAfterMs: null, error: null });
  const parts = { store, registry, owners, statistics: new Statistics(store), settings: defaultDeliverySettings };
  const deliverer = new Deliverer({ ...parts, sender: { post } });
  t.equal(await deliverer.attempt(delivery), true);
  await deliverer.attempt(delivery).catch(() => {});
  t.match(store.get(deliveries, 'd'), { status: 'success', attempts: [{ statusCode: 204 }] });
});

t.test('a failure that begins again while old failures are removed stays', async (t) => {
  const { store } = await openTestStore(t);
  const { registry, webhooks } = new Rig(store);
  const { webhook } = await webhooks.create(SYSTEM, { url: 'http://127.0.0.1:9', events: ['tool.invoked'] });
  const failed: Delivery = {
    ...{ id: 'd', webhookId: webhook.id, eventType: 'tool.invoked', status: 'failed', body: '{"data":{}}' },
    ...{ attempts: [], nextAttemptAt: 0, createdAt: 1, finishedAt: 1, test: false },
  };
  await store.apply({ writes: [put(deliveries, failed, 'absent')] });
  const again = store.apply({ writes: [replace(deliveries, failed, { ...failed, status: 'pending' })] });
  await new DeliveryHistory(store, registry, 0).sweep();
  await again;
  t.match(store.get(deliveries, 'd'), { status: 'pending' });
});

t.test('of two writers that count outcomes at the same time none undoes the counts of the other', async (t) => {
  const { store } = await openTestStore(t);
  const [one, two] = [new Statistics(store), new Statistics(store)];
  await store.apply({ writes: [one.count('w', 10, 'failed')] });
  await Promise.all([
    store.apply({ writes: [one.begunAgain('w')] }),
    store.apply({ writes: [two.count('w', 30, 'successful')] }),
    store.apply({ writes: [one.count('w', 20, 'successful')] }),
  ]);
  two.refuse('w');
  await store.flush();
  t.same(one.get('w'), { id: 'w', successful: 2, failed: 1, lastDeliveryAt: 30 });
});

t.test('a receiver that is down, then answers 500, then recovers: one id', async (t) => {
  const rig = await rigOf(t, { settings: { delaysMs: [50, 50, 50, 50, 50, 50, 50, 50] } });
  const to = new Receiver();
  const port = await freePort();
  await to.listen(t, port);
  const webhook = await rig.hook(to);
  to.stop();
  await rig.happen(1);
  await rig.until(webhook, ([delivery]) => (delivery?.attempts.length ?? 0) >= 2);
  const back = new Receiver();
  back.secret = to.secret;
  back.answer = (response) => response.writeHead(back.received.length < 3 ? 500 : 200).end('{}');
  await back.listen(t, port);
  const [delivery] = await rig.until(webhook, over);
  t.equal(delivery?.status, 'success');
  t.same(
    back.received.map(({ id }) => id),
    Array(3).fill(delivery?.id),
  );
  const codes = delivery?.attempts.map(({ statusCode }) => statusCode) ?? [];
  t.same(
    codes.filter((code) => code !== null),
    [500, 500, 200],
  );
  t.match(delivery?.attempts[0], { statusCode: null, error: /ECONNREFUSED/ });
  t.match(rig.dispatch.counts(webhook.id), { total: 1, successful: 1, failed: 0 });
});

t.test('a delivery ends after the last attempt', async (t) => {
  const rig = await rigOf(t);
  const to = await receiver(t);
  to.answer = (response) => response.writeHead(503).end();
  const webhook = await rig.hook(to);
  await rig.happen(1);
  const [delivery] = await rig.until(webhook, over);
  t.match(delivery, { status: 'failed', nextAttemptAt: 0 });
  t.equal(delivery?.attempts.length, 4);
  const pauses = (delivery?.attempts ?? []).slice(1).map(({ at }, i) => at - (delivery?.attempts[i]?.at ?? 0));
  t.ok(
    pauses.every((pause, i) => pause >= 16 * 2 ** i),
    `pauses grow: ${pauses}`,
  );
  t.match(rig.dispatch.counts(webhook.id), { total: 1, successful: 0, failed: 1, pending: 0 });
});

t.test('a failed delivery begins again with its id and all attempts, once at a time', async (t) => {
  const rig = await rigOf(t);
  const to = await receiver(t);
  to.answer = (response) => response.writeHead(503).end();
  const webhook = await rig.hook(to);
  await rig.happen(1);
  const [failed] = await rig.until(webhook, over);
  const id = failed?.id ?? '';
  const again = (of = webhook, delivery = id) => rig.dispatch.redeliver(SYSTEM, of, delivery);
  const other = await rig.hook(await receiver(t));
  await t.rejects(again(other), { code: 'not_found' }, 'a delivery of another webhook');
  const disabled = await rig.webhooks.update(SYSTEM, webhook.id, { enabled: false });
  await t.rejects(again(disabled), { code: 'conflict', message: /disabled/ });
  const enabled = await rig.webhooks.update(SYSTEM, webhook.id, { enabled: true });

  await again(enabled);
  await rig.until(webhook, over);
  t.equal(to.received.length, 8, 'it has all attempts again');
  t.same(new Set(to.received.map((one) => one.id)), new Set([id]));
  t.match(rig.dispatch.counts(webhook.id), { total: 1, successful: 0, failed: 1, pending: 0 });

  to.answer = (response) => response.writeHead(204).end();
  const begun = await Promise.allSettled([again(enabled), again(enabled)]);
  t.same(begun.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const [done] = await rig.until(webhook, over);
  t.match(done, { id, status: 'success', attempts: [{ statusCode: 204 }] });
  t.same(to.received.at(-1)?.payload.data, { n: 1 }, 'with its content');
  t.match(rig.dispatch.counts(webhook.id), { total: 1, successful: 1, failed: 0, pending: 0 });
  await t.rejects(again(enabled), { code: 'conflict', message: /succeeded/ });

  to.answer = (response) => response.writeHead(503).end();
  const { id: test } = await rig.dispatch.test(SYSTEM, enabled);
  await t.rejects(again(enabled, test), { code: 'conflict', message: /test/ });
});

t.test('Retry-After is honoured, and 410 disables', async (t) => {
  const rig = await rigOf(t);
  const to = await receiver(t);
  to.answer = (response) => {
    if (to.received.length === 1) response.writeHead(429, { 'Retry-After': '1' }).end();
    else response.writeHead(410).end();
  };
  const webhook = await rig.hook(to);
  await rig.happen(1);
  const [delivery] = await rig.until(webhook, over);
  const [first, second] = delivery?.attempts ?? [];
  t.ok((second?.at ?? 0) - (first?.at ?? 0) >= 950, 'a second later');
  t.match(delivery, { status: 'failed', attempts: [{ statusCode: 429 }, { statusCode: 410 }] });
  t.match(rig.webhooks.get(SYSTEM, webhook.id), { enabled: false, disabledReason: /410/ });
  await rig.happen(2);
  await rig.webhooks.update(SYSTEM, webhook.id, { enabled: true });
  to.answer = (response) => response.writeHead(200).end();
  await rig.happen(3);
  await rig.until(webhook, (all) => over(all) && all.length === 2);
  t.same(
    to.received.map(({ payload }) => payload.data.n),
    [1, 1, 3],
    'what happened while it was disabled is not delivered',
  );
});

t.test('receivers that hang are left after the time limit, and delay no other receiver', async (t) => {
  const rig = await rigOf(t, { settings: { timeoutMs: 5000, perWebhook: 2, overall: 4, delaysMs: [60_000] } });
  const hanging = await Promise.all(Array.from({ length: 6 }, () => receiver(t)));
  const dead = await Promise.all(
    hanging.map((to) => {
      to.answer = () => {};
      return rig.hook(to);
    }),
  );
  const well = await receiver(t);
  const webhook = await rig.hook(well);
  await rig.happen(...Array.from({ length: 30 }, (_, i) => i));
  await rig.until(webhook, (all) => over(all) && all.length === 30);
  await Promise.all(hanging.map((to) => to.until((all) => all.length >= 4)));
  // By now each of the six has failed three times: together they hold half of the places, and there is plenty for them to do.
  const started = Date.now();
  await rig.happen(...Array.from({ length: 30 }, (_, i) => 100 + i));
  await rig.until(webhook, (all) => over(all) && all.length === 60);
  t.equal(well.received.length, 60);
  // If the six could take all places, these deliveries would wait for their time-outs again and again.
  t.ok(Date.now() - started < 60_000, `${Date.now() - started} ms`);
  for (const { id } of dead) {
    const tried = rig.webhooks.deliveries(SYSTEM, id, { limit: 100 }).find(({ attempts }) => attempts.length > 0);
    t.match(tried?.attempts, [{ statusCode: null, error: 'No answer within 5000 ms' }]);
  }
});

t.test('an operator’s webhook that an admin changes gets no events for admins', async (t) => {
  const rig = await rigOf(t);
  const keys = new ApiKeys(rig.store, new Dependants());
  const callerOf = async (role: 'operator' | 'admin') => {
    const { key } = await keys.create(SYSTEM, { name: role, role, tier: 'enterprise' });
    return { ...SYSTEM, caller: keys.verify(key) };
  };
  const [operator, admin] = [await callerOf('operator'), await callerOf('admin')];
  const to = await receiver(t);
  const { webhook } = await rig.webhooks.create(operator, { url: to.url, events: ['tool.invoked'] });
  await rig.webhooks.update(admin, webhook.id, { enabled: false });
  t.equal((await rig.webhooks.update(admin, webhook.id, { enabled: true })).owner?.id, operator.caller.id);
  t.equal((await rig.webhooks.update(admin, webhook.id, { url: to.url })).owner?.id, operator.caller.id);
  const taken = { url: to.url, secret: 'a secret of the new owner' };
  t.equal((await rig.webhooks.update(admin, webhook.id, taken)).owner?.id, admin.caller.id);
  const { webhook: second } = await rig.webhooks.create(operator, { url: to.url, events: ['tool.invoked'] });
  await keys.revoke(SYSTEM, operator.caller.id);
  await t.rejects(rig.webhooks.update(admin, second.id, { enabled: true }), {
    code: 'conflict',
    message: /Give its 'url' and a new 'secret' to take it over/,
  });
});

t.test('a waiting delivery is dropped if the new owner may not see its event', async (t) => {
  const rig = await rigOf(t);
  const keys = new ApiKeys(rig.store, new Dependants());
  const made = await keys.create(SYSTEM, { name: 'new owner', role: 'operator', tier: 'enterprise' });
  const [to, other] = [await receiver(t), await receiver(t)];
  const webhook = await rig.hook(to);
  other.secret = to.secret;
  to.answer = async (response) => {
    const origin = { ...SYSTEM, caller: keys.verify(made.key) };
    await rig.webhooks.update(origin, webhook.id, { url: other.url, secret: to.secret });
    response.writeHead(500).end();
  };
  // A tool call of a personal server is for its owner and for admins.
  await rig.happen({ data: { ownerId: 'ada' } });
  const [delivery] = await rig.until(webhook, over);
  t.match(delivery, { status: 'failed', attempts: [{ statusCode: 500 }, { error: /may not hear/ }] });
  t.same(other.received, []);
  await rig.happen(1);
  t.match(await other.until(({ length }) => length > 0), [{ payload: { data: { n: 1 } } }], 'other events arrive');
});

t.test('a redirect is a failure, and is not followed', async (t) => {
  const rig = await rigOf(t, { settings: { delaysMs: [] } });
  const to = await receiver(t);
  const target = await receiver(t);
  for (const location of ['http://169.254.169.254/latest/meta-data', target.url]) {
    to.answer = (response) => response.writeHead(307, { Location: location }).end();
    const webhook = await rig.hook(to);
    await rig.happen(1);
    const [delivery] = await rig.until(webhook, over);
    t.match(delivery, { status: 'failed', attempts: [{ statusCode: 307, error: /redirects are not followed/ }] });
    await rig.webhooks.delete(SYSTEM, webhook.id);
  }
  t.equal(target.received.length, 0);
});

t.test('a name that changes its address is not dialled at the new one', async (t) => {
  let address = '127.0.0.1';
  const rig = await rigOf(t, { settings: { delaysMs: [] }, resolve: async () => [address] });
  const to = await receiver(t);
  const webhook = await rig.hook(to, ['tool.invoked'], `http://customer.test:${to.port}/`);
  await rig.happen(1);
  await rig.until(webhook, over);
  t.match(to.received, [{ headers: { host: `customer.test:${to.port}` } }], 'the checked address is dialled, by name');
  for (const [i, bad] of ['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', '0.0.0.0'].entries()) {
    address = bad;
    await rig.happen(2);
    const [delivery] = await rig.until(webhook, (all) => over(all) && all.length === 2 + i);
    t.match(delivery, { status: 'failed', attempts: [{ statusCode: null, error: /^Refused: the URL is at a/ }] }, bad);
  }
  t.equal(to.received.length, 1);
});

t.test('waiting deliveries survive the end of the hub, and an event without a delivery gets one', async (t) => {
  const { store } = await openTestStore(t);
  const to = await receiver(t);
  to.answer = () => {};
  const before = new Rig(store);
  before.dispatch.start();
  const webhook = await before.hook(to);
  const [seq = 0] = await before.happen(1);
  await to.until((all) => all.length === 1);
  await before.dispatch.close();
  t.equal(before.dispatch.seq, seq);
  await before.happen(2);
  to.answer = (response) => response.writeHead(200).end();
  const after = new Rig(store).start(t);
  await after.until(webhook, (all) => over(all) && all.length === 2);
  t.equal(after.dispatch.counts(webhook.id).successful, 2);
  const [first, ...rest] = to.received;
  t.ok(
    rest.some(({ id }) => id === first?.id),
    'the same delivery under the same id',
  );
  t.equal(new Set(to.received.map(({ id }) => id)).size, 2);
});

t.test('a webhook does not get its deliveries again after a crash', async (t) => {
  const { store } = await openTestStore(t);
  const to = await receiver(t);
  const before = new Rig(store).start(t);
  const webhook = await before.hook(to);
  const [seq] = await before.happen(1);
  await before.until(webhook, over);
  t.equal(new Rig(store).dispatch.seq, seq, 'the cursor is on disk as soon as the delivery is');
});

t.test('the queue of a webhook is bounded, and so is its history', async (t) => {
  const rig = await rigOf(t, { settings: { mostPending: 5, remembered: 3, delaysMs: [60_000] } });
  const down = await receiver(t);
  down.stop();
  const webhook = await rig.hook(down, ['tool.invoked'], 'http://127.0.0.1:9/');
  await rig.happen(1, 2, 3, 4, 5);
  await rig.until(webhook, (all) => all.length === 5);
  await rig.happen(6, 7);
  const up = await receiver(t);
  const other = await rig.hook(up);
  await rig.happen(...Array.from({ length: 5 }, (_, i) => 10 + i));
  await rig.until(other, (all) => over(all) && all.length === 5);
  t.match(rig.dispatch.counts(webhook.id), { pending: 5, failed: 7, total: 12 });
  await rig.webhooks.delete(SYSTEM, webhook.id);
  await rig.until(other, (all) => all.length === 3);
  t.equal(rig.dispatch.counts(other.id).successful, 5, 'the counters stay');
});

t.test('a deletion that meets a change goes on with the changed webhook', async (t) => {
  const rig = await rigOf(t);
  const webhook = await rig.hook(await receiver(t));
  const later = { ...webhook, url: 'http://later.example/', revision: webhook.revision + 1 };
  const changed = rig.store.apply({ by: null, writes: [put(webhooks, later, webhook.revision)] });
  await rig.webhooks.delete(SYSTEM, webhook.id);
  await changed;
  const told = [...rig.store.list(auditLog)].filter(({ action }) => action === 'webhook.delete');
  t.match(told, [{ details: { host: 'later.example' } }]);
  t.equal(rig.store.count(webhooks), 0);
});

t.test('a test delivery is posted at once, and returns its outcome', async (t) => {
  const rig = await rigOf(t);
  const to = await receiver(t);
  const webhook = await rig.hook(to);
  await rig.webhooks.update(SYSTEM, webhook.id, { enabled: false });
  const good = await rig.dispatch.test(SYSTEM, webhook);
  t.match(good, { status: 'success', attempts: [{ statusCode: 204 }], test: true });
  t.match(to.received, [{ id: good.id, payload: { type: 'webhook.test', data: { webhookId: webhook.id } } }]);
  to.answer = (response) => response.writeHead(418).end();
  t.match(await rig.dispatch.test(SYSTEM, webhook), { status: 'failed', attempts: [{ statusCode: 418 }] });
  t.match(rig.dispatch.counts(webhook.id), { total: 2, successful: 1, failed: 1, pending: 0 });
});

t.test('an endless answer, and an answer that breaks off', async (t) => {
  const rig = await rigOf(t, { settings: { delaysMs: [] } });
  const to = await receiver(t);
  to.answer = (response) => {
    response.writeHead(200);
    sendEndlessly(response, Buffer.alloc(16_384));
  };
  const webhook = await rig.hook(to);
  await rig.happen(1);
  await rig.until(webhook, over);
  to.answer = (response) => {
    response.writeHead(500, { 'Content-Length': '10' }).write('x');
    response.destroy();
  };
  await rig.happen(2);
  const deliveries = await rig.until(webhook, (all) => over(all) && all.length === 2);
  t.same(deliveries.map(({ status }) => status).sort(), ['failed', 'success']);
});

t.test('the pauses of the product', async (t) => {
  const attempts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const at = attempts.map((n) => nextAttempt({ ...defaultDeliverySettings, jitter: 0 }, n, 0, null));
  t.same(
    at.map((ms) => ms && ms / 1000),
    [5, 30, 120, 600, 1800, 7200, 18_000, 36_000, 50_400, null],
  );
  t.equal(nextAttempt(defaultDeliverySettings, 1, 0, 600_000), 600_000);
  t.equal(nextAttempt(defaultDeliverySettings, 1, 0, 10 * 86_400_000), 86_400_000, 'a day at most');
});

t.test('the keys of one payer have at most 100 webhooks together, and an admin still has room', async (t) => {
  const { rig, make, keys, key, child } = await sharing(t);
  const [admin, operator] = [await key('admin'), await key('operator')];
  for (let i = 0; i < 99; i += 1) await make(operator);
  const made = await child(operator);
  await make(made);
  for (const one of [operator, made]) await t.rejects(make(one), { code: 'conflict', message: /100 webhooks/ });
  const other = await make(await key('operator'));
  const enabled = { enabled: true };
  const { id, url } = other.webhook;
  const taking = rig.webhooks.update({ ...SYSTEM, caller: operator }, id, { url, secret: other.secret });
  await t.rejects(taking, { code: 'conflict' }, 'a change of URL and secret makes the webhook its own');
  const [own] = rig.webhooks.list(SYSTEM);
  await rig.webhooks.update({ ...SYSTEM, caller: operator }, own?.id ?? '', enabled);
  for (let i = 0; i < 101; i += 1) await make(admin);
  await keys.revoke(SYSTEM, made.id);
  await make(operator);
  await t.rejects(make(operator), { code: 'conflict' }, 'the webhook of the revoked key counts no more');
});

t.test('webhooks of keys that have ended make room for others once the hub has as many as it takes', async (t) => {
  const { rig, make, keys, key, child } = await sharing(t);
  const [admin, operator] = [await key('admin'), await key('operator')];
  const [revoked, expired] = [await child(operator), await child(operator)];
  const [first, second] = [await make(revoked), await make(expired)];
  const kept = await make(operator);
  while (rig.webhooks.list(SYSTEM).length < 500) await make(admin);
  await t.rejects(make(operator), { code: 'conflict', message: /there are 500 webhooks already/ });
  await keys.revoke(SYSTEM, revoked.id);
  await make(operator);
  t.throws(() => rig.webhooks.get(SYSTEM, first.webhook.id), { code: 'not_found' });
  await t.rejects(make(operator), { code: 'conflict' });
  const record = rig.store.get(apiKeys, expired.id) as ApiKeyRecord;
  await rig.store.apply({ by: null, writes: [put(apiKeys, { ...record, expiresAt: 1 }, 'any')] });
  await rig.until(second.webhook, () => !rig.webhooks.get(SYSTEM, second.webhook.id).enabled);
  t.match(rig.webhooks.get(SYSTEM, second.webhook.id).disabledReason, /expired/);
  await make(operator);
  t.throws(() => rig.webhooks.get(SYSTEM, second.webhook.id), { code: 'not_found' });
  t.ok(rig.webhooks.get(SYSTEM, kept.webhook.id).enabled);
});

/** Webhooks of real keys. */
async function sharing(t: Parameters<typeof openTestStore>[0]) {
  const rig = await rigOf(t);
  const keys = new ApiKeys(rig.store, new Dependants());
  const ownKeys = new OwnKeys(keys);
  return {
    rig,
    keys,
    key: async (role: 'admin' | 'operator') => {
      const { key } = await keys.create(SYSTEM, { name: role, role, tier: 'enterprise' });
      return keys.verify(key);
    },
    child: async (caller: Caller) =>
      keys.verify(
        (await ownKeys.create({ ...SYSTEM, caller }, caller, { api: 'backend', name: 'own', expiresIn: 0 })).key,
      ),
    make: (caller: Caller) =>
      rig.webhooks.create({ ...SYSTEM, caller }, { url: 'http://127.0.0.1:9/x', events: ['tool.invoked'] }),
  };
}
