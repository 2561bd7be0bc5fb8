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
  const wanted = { serverId: 's', uris: ['r:1', 'r:2'], logLevel: 'info' };
  interests.replace(wanted);
  interests.replace(wanted);
  interests.replace(undefined);
  t.same(told, [
    SUBSCRIBE,
    `${SUBSCRIBE} {"uri":"r:2"}`,
    'logging/setLevel {"level":"info"}',
    `${UNSUBSCRIBE} {"uri":"r:1"}`,
    `${UNSUBSCRIBE} {"uri":"r:2"}`,
  ]);
});
