import { readFile } from 'node:fs/promises';
import t from 'tap';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { othersDuring } from '../../kit/turns.js';
import { caller } from '../mcp-door/caller.js';
import { type ListedTool, searchFleet } from './search-fleet.js';

const read = async (name: string) =>
  JSON.parse(await readFile(new URL(`../../fixtures/find-tools/${name}.json`, import.meta.url), 'utf8'));

const issues = {
  tracker: [
    { name: 'createIssue', description: 'Create an issue' },
    { name: 'list_issues', description: 'List issues' },
    { name: 'delete_issue', description: 'Delete an issue for good' },
  ],
  notes: [
    { name: 'delete_note', description: 'Delete a note' },
    { name: 'find_notes', description: 'Find notes by their words' },
  ],
};

/** The shares of practice questions that succeed: of all, and of every third one, for which no weight is tuned. */
const reached = { all: 0.92, heldOut: 0.85 };

t.test('the right tool is among the first five for most practice questions', async (t) => {
  const [tools, questions] = (await Promise.all([read('tools'), read('practice')])) as [
    Record<string, ListedTool[]>,
    { question: string; tools: string[] }[],
  ];
  const fleet = searchFleet(tools);
  const hits: boolean[] = [];
  for (const { question, tools: right } of questions) {
    const found = await fleet.find(question);
    hits.push(found.some((name) => right.includes(name)));
  }
  const share = (some: readonly boolean[]) => some.filter(Boolean).length / some.length;
  const heldOut = share(hits.filter((_, i) => i % 3 === 2));
  t.ok(share(hits) >= reached.all, `all: ${share(hits)}`);
  t.ok(heldOut >= reached.heldOut, `held out: ${heldOut}`);
});

t.test('a thing is found by another word for it', async (t) => {
  const { find } = searchFleet(issues);
  t.equal((await find('report a bug'))[0], 'tracker/createIssue');
  t.equal((await find('get rid of a ticket'))[0], 'tracker/delete_issue');
});

t.test('a server that keeps facts is found by questions about remembering, knowing and forgetting', async (t) => {
  const { find } = searchFleet({
    ...((await read('tools')) as Record<string, ListedTool[]>),
    memory: [
      { name: 'add_observations', description: 'Add new observations to existing entities in the knowledge graph' },
      { name: 'delete_observations', description: 'Delete specific observations from entities in the knowledge graph' },
      { name: 'search_nodes', description: 'Search for nodes in the knowledge graph based on a query' },
    ],
  });
  for (const [question, tool] of [
    ['remember that Alice works at Acme', 'memory/add_observations'],
    ['what do you know about Alice', 'memory/search_nodes'],
    ['forget a fact about a person', 'memory/delete_observations'],
  ] as const)
    t.ok((await find(question)).slice(0, 5).includes(tool), question);
});

t.test('a question for information does not find a change first', async (t) => {
  const pages = 'Whatever the tracker knows of an issue, with its labels, people and history, one page after the other';
  const { find } = searchFleet({
    tracker: [
      { name: 'create_issue', description: 'Create an issue' },
      { name: 'issue_with_labels_and_history', description: pages },
    ],
  });
  t.equal((await find('is there an issue?'))[0], 'tracker/issue_with_labels_and_history');
  t.equal((await find('bugs of the project'))[0], 'tracker/issue_with_labels_and_history');
  t.equal((await find('file an issue'))[0], 'tracker/create_issue');
});

t.test('words are found in other forms, misspelt, without accents and inside of names', async (t) => {
  const { find } = searchFleet({
    office: [
      { name: 'openDocument', description: 'Öffnet ein Dokument' },
      { name: 'print_file', description: 'Print' },
      { name: 'cafe_menu', description: 'Today at the café' },
    ],
  });
  t.equal((await find('printing files'))[0], 'office/print_file');
  t.equal((await find('documnet'))[0], 'office/openDocument');
  t.equal((await find('offnet'))[0], 'office/openDocument');
  t.equal((await find('CAFÉ'))[0], 'office/cafe_menu');
});

t.test('languages without spaces between words are searched too', async (t) => {
  const { find } = searchFleet({
    local: [
      { name: 'a', description: 'スクリーンショットを撮る' },
      { name: 'b', description: 'ファイルを削除する' },
    ],
  });
  t.equal((await find('ファイルの削除'))[0], 'local/b');
});

t.test('parameters, titles and tags count', async (t) => {
  const inputSchema = { properties: { items: { items: { properties: { latitude: {} } } } } };
  const tools = [
    { name: 'one', description: '', inputSchema },
    { name: 'two', title: 'Thermostat', description: '' },
  ];
  const { find, set } = searchFleet({ home: tools });
  t.same(await find('latitude'), ['home/one']);
  t.same(await find('thermostat'), ['home/two']);
  t.same(await find('basement'), []);
  set({ home: tools }, ['basement']);
  t.equal((await find('basement')).length, 2);
});

t.test('a removed or changed tool is not found by its old description', async (t) => {
  const { find, set } = searchFleet(issues);
  t.equal((await find('delete a note'))[0], 'notes/delete_note');
  set({ tracker: issues.tracker, notes: [{ name: 'delete_note', description: 'Weather forecast' }] });
  t.notOk((await find('find notes')).includes('notes/find_notes'));
  t.same(await find('forecast'), ['notes/delete_note']);
});

t.test('a search finds only tools that the client may see', async (t) => {
  const { find } = searchFleet(issues);
  const view = new McpView(caller, { serverId: 'id-notes' });
  t.ok((await find('delete an issue', { view })).every((name) => name.startsWith('notes/')));
  t.equal((await find('delete', { limit: 1 })).length, 1);
});

t.test('questions without meaning find no tools', async (t) => {
  const { find } = searchFleet(issues);
  for (const question of ['', '?!', 'is it?', '\u0000\ud800', '=1 __proto__', '漢'.repeat(1000), 'x'.repeat(1000)])
    t.same(await find(question), [], JSON.stringify(question.slice(0, 20)));
  t.ok((await find('delete a note '.repeat(70))).includes('notes/delete_note'));
});

t.test(
  'a server with a million different words does not make the index grow, and its tools are found by their names',
  async (t) => {
    const words = (n: number) => Array.from({ length: 500 }, (_, i) => `word${n * 500 + i}x`).join(' ');
    const verbose = (from: number) =>
      Array.from({ length: 100 }, (_, n) => ({
        name: `speak_${String.fromCharCode(97 + (n % 26))}${n}`,
        description: words(from + n),
        inputSchema: { properties: { a: { description: words(from + n + 1000) } } },
      }));
    const fleet = searchFleet({ ...issues, verbose: verbose(0) });
    t.same(await fleet.find('delete a note', { limit: 1 }), ['notes/delete_note']);
    t.same(await fleet.find('word3x', { limit: 1 }), ['verbose/speak_a0'], 'by its first words, too');
    t.same(await fleet.find('speak y76', { limit: 1 }), ['verbose/speak_y76']);
    t.ok(fleet.termCount < 6000, `${fleet.termCount} terms`);
    fleet.set({ ...issues, verbose: verbose(5000) });
    await fleet.find('delete a note');
    fleet.set({ ...issues, verbose: verbose(9000) });
    t.same(
      await fleet.find(`word${9000 * 500 + 3}x`, { limit: 1 }),
      ['verbose/speak_a0'],
      'new words replace the old ones',
    );
    t.ok(fleet.termCount < 6000, `${fleet.termCount} terms`);
  },
);

t.test('the number of different terms of a search is bounded, however long the question is', async (t) => {
  // Too short for a search of similar words.
  const letters = [...'abcdefghij'];
  const many = letters.flatMap((a) => letters.map((b) => `z${a}${b}`));
  const { find } = searchFleet({ words: many.map((word) => ({ name: `tool_${word}`, description: word })) });
  const found = await find(many.join(' '), { limit: 100 });
  t.equal(found.length, 48);
  t.ok(found.includes('words/tool_zaa') && !found.includes('words/tool_zjj'), 'the first of them');
  t.equal((await find(`${'zab '.repeat(100)} zjj`, { limit: 100 })).length, 2, 'a word counts once');
});

t.test('other work goes on while a long question is searched', async (t) => {
  const verbs = [
    'create',
    'delete',
    'list',
    'read',
    'open',
    'close',
    'merge',
    'send',
    'start',
    'stop',
    'push',
    'build',
  ];
  const things = ['issue', 'file', 'branch', 'table', 'message', 'user', 'group', 'device', 'cluster', 'pod'];
  const tools = Array.from({ length: 1000 }, (_, i) => ({
    name: `${verbs[i % 12]}_${things[i % 10]}_${i}`,
    description: `${verbs.join(' ')} ${things.join(' ')}`,
  }));
  const { find } = searchFleet({ many: tools });
  await find('x');
  // On the fastest machine, too, each step takes longer than a turn of the event loop may take.
  const turns = await othersDuring(t, () => find([...verbs, ...things].join(' ')), 5);
  t.ok(turns >= 3, `${turns} turns of the event loop`);
});

t.test('the search works on while hundreds of tools come and go', async (t) => {
  const words = (of: string, n: number) => Array.from({ length: 20 }, (_, i) => `${of}${n}word${i}x`).join(' ');
  const tools = (of: string) =>
    Array.from({ length: 150 }, (_, n) => ({ name: `${of}_${n}`, description: words(of, n) }));
  const fleet = searchFleet({ ...issues, a: tools('a'), b: tools('b') });
  await fleet.find('delete a note');
  const terms = fleet.termCount;
  for (const round of 'cdef') {
    fleet.set({ ...issues, [round]: tools(round) });
    // Each search finds the index as an earlier one left it, and the clean-up takes longer than a turn of the event loop.
    const found = await Promise.all(['delete a note', `${round}3word3x`].map((question) => fleet.find(question)));
    t.same(
      found.map(([first]) => first),
      ['notes/delete_note', `${round}/${round}_3`],
    );
    fleet.set({ ...issues, [round]: tools(round.toUpperCase()) });
    t.same(await fleet.find(`${round}149word3x`, { limit: 1 }), [`${round}/${round.toUpperCase()}_149`]);
  }
  t.ok(fleet.termCount < terms, `${fleet.termCount} terms, ${terms} with twice as many tools`);
});

t.test('callers take turns: many questions of one do not hold up the question of another', async (t) => {
  const fleet = searchFleet(issues);
  const answered: string[] = [];
  const ask = (payer: string) => fleet.find('delete a note', { payer }).then(() => answered.push(payer));
  await Promise.all([ask('one'), ask('one'), ask('one'), ask('one'), ask('other'), ask('third'), ask('third')]);
  t.same(answered, ['one', 'one', 'other', 'third', 'one', 'third', 'one']);
  await ask('one');
  t.equal(answered.length, 8);
});
