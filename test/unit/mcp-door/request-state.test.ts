import { randomBytes } from 'node:crypto';
import t from 'tap';
import { digestOf } from '../../../hub/api/mcp/rev2026-07-28/door.js';
import { RequestStates } from '../../../hub/domain/mcp/clients/request-states.js';
import { Sealer } from '../../../hub/store/seal.js';

const owner = { caller: 'user 1', digest: digestOf('p', 'tools/call', { name: 'a' }) };
const state = { kind: 'server', serverId: 's1', state: 'the "server"s own' } as const;
const key = randomBytes(32);
const sealer = new Sealer(key, 'sealing.key');

t.test('a state opens only for its caller and its request', async (t) => {
  const states = new RequestStates(sealer);
  const sealed = await states.seal(state, owner, 60_000);
  t.same(await states.open(sealed, owner), state);
  t.notMatch(sealed, Buffer.from('user 1').toString('base64url'), 'it tells nothing');
  const refused = async (name: string, given: string, by = owner, at = states) =>
    t.equal(await at.open(given, by), undefined, name);
  await refused('another caller', sealed, { ...owner, caller: 'user 2' });
  await refused('another request', sealed, { ...owner, digest: digestOf('p', 'tools/call', { name: 'b' }) });
  // Not at its end: the last characters have bits that stand for nothing.
  const changed = sealed.at(-10) === 'x' ? 'y' : 'x';
  await refused('changed', `${sealed.slice(0, -10)}${changed}${sealed.slice(-9)}`);
  await refused('another fleet', sealed, owner, new RequestStates(new Sealer(randomBytes(32), 'other.key')));
  await refused('too old', await states.seal(state, owner, -10));
  await refused('no state at all', 'nonsense');
  await refused('something else under the same key', await sealer.seal('a secret'));
  const alike = { ...owner, until: Date.now() + 60_000, state };
  await refused('something else that looks alike', await sealer.seal(JSON.stringify(alike)));
});

t.test('every hub with the key opens it, and so does the same one after a restart', async (t) => {
  const [one, two] = [new RequestStates(sealer), new RequestStates(new Sealer(key, 'copy.key'))];
  t.same(await two.open(await one.seal(state, owner, 60_000), owner), state);
  t.not(one.run, two.run, 'what only one of them can know is told apart');
});

t.test('the order of members does not change a request', async (t) => {
  const digest = digestOf('p', 'm', { a: { x: 1, y: [{ b: 1, c: 2 }] }, b: 2 });
  const more = { _meta: { a: 1 }, inputResponses: {}, requestState: 's' };
  t.equal(digestOf('p', 'm', { b: 2, a: { y: [{ c: 2, b: 1 }], x: 1 }, ...more }), digest);
  t.not(digestOf('q', 'm', { a: { x: 1, y: [{ b: 1, c: 2 }] }, b: 2 }), digest, 'another place');
  t.not(digestOf('p', 'm', { a: { x: 1, y: [{ b: 1, c: 3 }] }, b: 2 }), digest);
});
