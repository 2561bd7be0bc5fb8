import { randomBytes } from 'node:crypto';
import t from 'tap';
import { RpcError } from '../../../hub/api/mcp/json-rpc.js';
import { ownerOf } from '../../../hub/api/mcp/owners.js';
import type { Surroundings } from '../../../hub/api/mcp/requests.js';
import { digestOf, StatelessDoor } from '../../../hub/api/mcp/rev2026-07-28/door.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { CancelSource } from '../../../hub/domain/cancellation.js';
import type { Domain } from '../../../hub/domain/domain.js';
import { RequestStates } from '../../../hub/domain/mcp/clients/request-states.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import type { Context } from '../../../hub/http/endpoint.js';
import { Sealer } from '../../../hub/store/seal.js';
import { caller } from './caller.js';

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

t.test('a request is hashed only where the hub opens or makes a state', async (t) => {
  const states = new RequestStates(sealer);
  const domain = { mcp: { clients: {}, states } } as unknown as Domain;
  const method = async () => {
    throw new RpcError(-32000, 'it ran');
  };
  const door = new StatelessDoor(domain, { methods: new Map([['prompts/get', method]]), version: '0' });
  const version = '2026-07-28';
  const headers: Record<string, string> = { 'mcp-protocol-version': version, 'mcp-method': 'prompts/get' };
  const header = (name: string) => headers[name] ?? '';
  const context = { caller, header, signal: new CancelSource() } as unknown as Context;
  const onError = (error: unknown) => t.error(error);
  const keepBody = () => () => {};
  const around: Surroundings = { view: new McpView(caller, {}), origin: SYSTEM, trace: undefined, keepBody, onError };
  const prefix = 'io.modelcontextprotocol/';
  const _meta = { [`${prefix}protocolVersion`]: version, [`${prefix}clientCapabilities`]: {} };
  let read = 0;
  const args = {
    get text() {
      read += 1;
      return 'x';
    },
  };
  const post = async (requestState?: string) => {
    const params = { _meta, arguments: args, ...(requestState === undefined ? {} : { requestState }) };
    const message = { kind: 'request', id: 1, method: 'prompts/get', params } as const;
    read = 0;
    const reply = await door.post(context, message, { place: 'p', events: false }, () => around);
    const { code } = JSON.parse(String('body' in reply ? reply.body : '')).error;
    return { code, read };
  };
  t.same(await post(), { code: -32000, read: 0 }, 'without a state');
  t.same(await post('nonsense'), { code: -32602, read: 0 }, 'a text that is no state');
  const ofOther = { ...owner, caller: 'user 2' };
  t.same(await post(await states.seal({ kind: 'again' }, ofOther, 60_000)), { code: -32602, read: 0 });
  const digest = digestOf('p', 'prompts/get', { arguments: args });
  const good = await states.seal({ kind: 'again' }, { caller: ownerOf(caller), digest }, 60_000);
  t.same(await post(good), { code: -32000, read: 1 }, 'its own state');
});
