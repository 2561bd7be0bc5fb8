import t from 'tap';
import type { Grants } from '../../../hub/domain/access/caller.js';
import type { OwnTools } from '../../../hub/domain/mcp/lists/tool-offers.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { othersDuring } from '../../kit/turns.js';
import { caller } from '../mcp-door/caller.js';
import { type ListedTool, searchFleet } from './search-fleet.js';

const notes: readonly ListedTool[] = [
  { name: 'delete_note', description: 'Delete a note' },
  { name: 'find_notes', description: 'Find notes by their words' },
];
const mail: readonly ListedTool[] = [{ name: 'send_mail', description: 'Send a message to an address' }];

/** Servers with the same tools, `NAME1` and so on. */
const servers = (name: string, count: number, tools: readonly ListedTool[] = notes) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${i + 1}`, tools]));

const viewWith = (grants: Grants) => new McpView({ ...caller, grants }, {});

t.test('equal tools of many servers are indexed once, and an answer names some of the servers', async (t) => {
  const fleet = searchFleet({ ...servers('notes', 300), mail });
  const [first = [], ...more] = await fleet.findCopies('get rid of a note', { limit: 2 });
  t.equal(first.length, 21);
  t.equal(new Set(first).size, 21);
  t.ok(first.every((name) => /^notes\d+\/delete_note$/.test(name)));
  t.same(
    more.map(([name]) => name?.replace(/\d+/, '')),
    ['notes/find_notes'],
  );
  t.equal(fleet.toolCount, 3);
  // Besides the words of the tools each server has one of its own, its number.
  t.ok(fleet.termCount < 300 + 40, `${fleet.termCount} terms`);
});

t.test('the server that the question names comes first among the servers with the same tool', async (t) => {
  const { findCopies } = searchFleet({ paris: notes, berlin: notes, rome: notes, mail });
  for (const server of ['rome', 'paris', 'berlin']) {
    const [first = []] = await findCopies(`delete a note in ${server}`);
    t.equal(first[0], `${server}/delete_note`);
    t.equal(first.length, 3);
  }
  const [first, ...more] = await findCopies('rome');
  t.same([first, more.length], [['rome/delete_note'], 1], 'only its tools fit a question with its name alone');
});

t.test('a server that leaves takes its copies away, and the last one the tool', async (t) => {
  const fleet = searchFleet({ ...servers('notes', 3), mail });
  t.equal((await fleet.findCopies('delete a note'))[0]?.length, 3);
  fleet.set({ notes2: notes, mail });
  t.same((await fleet.findCopies('delete a note'))[0], ['notes2/delete_note']);
  fleet.set({ mail });
  t.same(await fleet.findCopies('delete a note'), []);
  t.equal(fleet.toolCount, 1);
  const terms = fleet.termCount;
  fleet.set({ ...servers('notes', 3), mail });
  t.equal((await fleet.findCopies('delete a note'))[0]?.length, 3);
  fleet.set({ mail });
  await fleet.findCopies('delete a note');
  t.equal(fleet.termCount, terms, 'their words are gone');
});

t.test('a changed tool of one of several servers is found by its new text at this server only', async (t) => {
  const fleet = searchFleet(servers('notes', 3));
  await fleet.find('delete a note');
  fleet.set({ ...servers('notes', 3), notes2: [{ name: 'delete_note', description: 'Weather forecast' }] });
  t.same(await fleet.findCopies('forecast'), [['notes2/delete_note']]);
  const found = (await fleet.findCopies('find notes')).flat();
  t.ok(found.includes('notes1/find_notes') && !found.includes('notes2/find_notes'));
  t.equal(fleet.toolCount, 3);
});

t.test('a caller who may see one of the copies gets this copy, and learns of no other', async (t) => {
  const fleet = searchFleet({ ...servers('notes', 50), mail });
  await fleet.find('x');
  for (const id of ['id-notes1', 'id-notes37', 'id-notes50']) {
    const name = id.slice('id-'.length);
    const expected = [[`${name}/delete_note`], [`${name}/find_notes`]];
    t.same(await fleet.findCopies('delete a note', { view: viewWith({ servers: [id] }) }), expected);
    t.same(await fleet.findCopies('delete a note', { view: new McpView(caller, { serverId: id }) }), expected);
  }
  t.same(await fleet.findCopies('notes1 delete', { view: viewWith({ servers: ['id-mail'] }) }), []);
  const view = viewWith({ tools: ['find_notes'] });
  t.same(
    (await fleet.findCopies('delete a note', { view })).map((names) => new Set(names.map((name) => name.slice(-10)))),
    [new Set(['find_notes'])],
  );
});

t.test('an answer does not name stopped servers', async (t) => {
  const fleet = searchFleet({ ...servers('notes', 4), mail });
  const first = async (question: string) => (await fleet.findCopies(question))[0];
  fleet.set({ ...servers('notes', 4), mail }, [], ['notes1', 'notes3', 'mail']);
  t.same((await first('delete a note'))?.sort(), ['notes2/delete_note', 'notes4/delete_note']);
  t.equal((await first('delete a note on notes3'))?.length, 2);
  t.same(await fleet.findCopies('send a message'), []);
});

t.test('the tools of a client’s own instance take the place of the tools of the shared instance', async (t) => {
  const fleet = searchFleet({ ...servers('notes', 2), mail });
  const [shared] = fleet.entries('notes1');
  if (!shared) throw new Error('no server notes1');
  const { server, tool } = shared;
  const own: OwnTools = new Map([[server.id, { server, tools: [{ ...tool }] }]]);
  const found = await fleet.findCopies('find notes', { own });
  t.same(found[0], ['notes2/find_notes'], 'the own instance has no such tool');
  t.same(found[1]?.sort(), ['notes1/delete_note', 'notes2/delete_note']);
});

t.test('equal tools with other titles take one place together', async (t) => {
  const titled = (title: string) => [{ name: 'delete_note', title, description: 'Delete a note' }];
  const { findCopies } = searchFleet({ one: titled('Mercury'), two: titled('Saturn'), three: titled('Mercury'), mail });
  t.same(await findCopies('saturn'), [['two/delete_note']]);
  const [first = [], ...more] = await findCopies('delete a note with saturn');
  t.equal(first[0], 'two/delete_note');
  t.same([...first].sort(), ['one/delete_note', 'three/delete_note', 'two/delete_note']);
  t.same(more, []);
});

t.test('a server of more tools than a small one keeps all words, if the tools share them', async (t) => {
  const words = Array.from({ length: 60 }, (_, i) => `word${i}x`).join(' ');
  const tools = Array.from({ length: 120 }, (_, n) => ({ name: `tool_${n}`, description: `${words} special${n}y` }));
  const { find } = searchFleet({ many: tools });
  t.same(await find('special119y', { limit: 1 }), ['many/tool_119']);
});

t.test('servers with the same, too many words make the index grow once', async (t) => {
  const words = (n: number) => Array.from({ length: 500 }, (_, i) => `word${n * 500 + i}x`).join(' ');
  const verbose = Array.from({ length: 40 }, (_, n) => ({ name: `speak_${n}`, description: words(n) }));
  const fleet = searchFleet(servers('verbose', 5, verbose));
  t.equal((await fleet.findCopies('word3x', { limit: 1 }))[0]?.length, 5);
  t.equal(fleet.toolCount, 40);
  t.ok(fleet.termCount < 5100, `${fleet.termCount} terms`);
  t.notOk((await fleet.find(`word${39 * 500 + 3}x`)).includes('verbose1/speak_39'), 'a word beyond the bound');
});

t.test('other work goes on while one word of all servers is searched', async (t) => {
  const { find } = searchFleet(servers('machine ', 1500, mail));
  await find('x');
  // On the fastest machine, too, each look at the clock finds that the turn is over.
  const turns = await othersDuring(t, () => find('machine'), 5);
  // The scores of 1500 servers, and then their tools, are looked at in steps of 64.
  t.ok(turns >= 40, `${turns} turns of the event loop`);
});
