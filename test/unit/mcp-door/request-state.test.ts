import t from 'tap';
import { digestOf, RequestStates } from '../../../hub/api/mcp/modern/request-state.js';

const owner = { caller: 'user 1', digest: digestOf('p', 'tools/call', { name: 'a' }) };
const state = { callId: 'c', round: 3 };
const refused = { name: 'RpcError', code: -32602 };

t.test('a state opens for whom and what it was made, and for nobody else', async (t) => {
  const states = new RequestStates();
  const sealed = await states.seal(state, owner, 60);
  t.same(await states.open(sealed, owner), state);
  t.notMatch(sealed, Buffer.from('user 1').toString('base64url'), 'it tells nothing');
  await t.rejects(states.open(sealed, { ...owner, caller: 'user 2' }), refused);
  await t.rejects(states.open(sealed, { ...owner, digest: digestOf('p', 'tools/call', { name: 'b' }) }), refused);
  await t.rejects(states.open(`${sealed.slice(0, -2)}xx`, owner), refused);
  await t.rejects(new RequestStates().open(sealed, owner), refused, 'another hub');
  await t.rejects(states.open(7, owner), refused);
  await t.rejects(states.open(await states.seal(state, owner, -10), owner), refused, 'too old');
});

t.test('the same request is the same in whatever order its members come', async (t) => {
  const digest = digestOf('p', 'm', { a: { x: 1, y: [{ b: 1, c: 2 }] }, b: 2 });
  const more = { _meta: { a: 1 }, inputResponses: {}, requestState: 's' };
  t.equal(digestOf('p', 'm', { b: 2, a: { y: [{ c: 2, b: 1 }], x: 1 }, ...more }), digest);
  t.not(digestOf('q', 'm', { a: { x: 1, y: [{ b: 1, c: 2 }] }, b: 2 }), digest, 'another place');
  t.not(digestOf('p', 'm', { a: { x: 1, y: [{ b: 1, c: 3 }] }, b: 2 }), digest);
});
