import t from 'tap';
import { Interests } from '../../../agent/drivers/mcp/lifecycle/calls.js';
import { AgentFailure } from '../../../agent/failure.js';

const params = '{"uri":"r:1"}';
const SUBSCRIBE = 'resources/subscribe';
const UNSUBSCRIBE = 'resources/unsubscribe';
const done = Buffer.from('{}');

/** A server that answers when the test says so. */
function asked() {
  const told: string[] = [];
  const answers: { resolve(): void; reject(): void }[] = [];
  const interests = new Interests((method, text) => told.push(`${method} ${text}`));
  const request = (method: string) =>
    interests.request(method, params, () => {
      told.push(method);
      return new Promise((resolve, reject) => {
        answers.push({ resolve: () => resolve(done), reject: () => reject(new AgentFailure('upstream', 'no')) });
      });
    });
  return { interests, told, answers, request };
}

t.test('two clients that subscribe at once share one subscription and its answer', async (t) => {
  const { told, answers, request } = asked();
  const both = [request(SUBSCRIBE), request(SUBSCRIBE)];
  answers[0]?.resolve();
  await Promise.all(both);
  await request(SUBSCRIBE);
  t.same(told, [SUBSCRIBE]);

  const refused = asked();
  const neither = [refused.request(SUBSCRIBE), refused.request(SUBSCRIBE)];
  refused.answers[0]?.reject();
  for (const one of neither) await t.rejects(one, { name: 'AgentFailure', kind: 'upstream' });
  void refused.request(SUBSCRIBE);
  t.same(refused.told, [SUBSCRIBE, SUBSCRIBE], 'the next one asks again');
});

t.test('a client that subscribes after an unsubscription overtook the first answer is subscribed', async (t) => {
  const { told, answers, request } = asked();
  const first = request(SUBSCRIBE);
  const left = request(UNSUBSCRIBE);
  const second = request(SUBSCRIBE);
  for (const { resolve } of answers) resolve();
  await Promise.all([first, left, second]);
  t.same(told, [SUBSCRIBE, UNSUBSCRIBE, SUBSCRIBE]);
});

t.test("the hub's list replaces all earlier subscriptions and levels, and each is sent once", async (t) => {
  const { interests, told, answers, request } = asked();
  const first = request(SUBSCRIBE);
  answers[0]?.resolve();
  await first;
  const replace = (...parts: { uris: string[]; logLevel: string }[]) => {
    interests.beginList();
    for (const part of parts) interests.add(part);
    interests.endList();
  };
  const wanted = { uris: ['r:1', 'r:2'], logLevel: 'info' };
  replace(wanted);
  replace(wanted);
  replace();
  t.same(told, [
    SUBSCRIBE,
    `${SUBSCRIBE} {"uri":"r:2"}`,
    'logging/setLevel {"level":"info"}',
    `${UNSUBSCRIBE} {"uri":"r:1"}`,
    `${UNSUBSCRIBE} {"uri":"r:2"}`,
  ]);
});

t.test('parts of a list make one list, and keep the requests of clients that come between them', async (t) => {
  const { interests, told, answers, request } = asked();
  interests.add({ uris: ['r:old', 'r:kept'], logLevel: 'info' });
  told.splice(0);
  interests.beginList();
  interests.add({ uris: ['r:2'], logLevel: 'error' });
  const subscribed = request(SUBSCRIBE);
  answers[0]?.resolve();
  await subscribed;
  interests.add({ uris: ['r:3', 'r:kept'], logLevel: 'error' });
  t.notOk(
    told.some((text) => text.startsWith(UNSUBSCRIBE)),
    'nothing ends before the last part',
  );
  interests.endList();
  interests.endList();
  t.same(told, [
    `${SUBSCRIBE} {"uri":"r:2"}`,
    'logging/setLevel {"level":"error"}',
    SUBSCRIBE,
    `${SUBSCRIBE} {"uri":"r:3"}`,
    `${UNSUBSCRIBE} {"uri":"r:old"}`,
  ]);
});
