import t from 'tap';
import { ToolOffers } from '../../../hub/domain/mcp/lists/tool-offers.js';
import { ToolSearch } from '../../../hub/domain/mcp/search/tool-search.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import type { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { ToolCatalog } from '../../../hub/domain/tools/catalog.js';
import { caller } from './caller.js';

/** A catalogue of servers, each connected, with so many tools. */
function fleet(count: number, tools: (server: number) => readonly object[]) {
  const records = new Map<string, ServerRecord>();
  let version = 0;
  const registry = {
    all: () => records.values(),
    get version() {
      return version;
    },
  } as unknown as ServerRegistry;
  const observed = new ObservedServers();
  const catalog = new ToolCatalog(registry, observed);
  for (let i = 0; i < count; i += 1) {
    const id = `id-${i}`;
    const metadata = { category: null, tags: [], version: null };
    records.set(id, {
      id,
      name: `server number ${i}`,
      description: '',
      site: 'local',
      groupId: null,
      metadata,
    } as unknown as ServerRecord);
    const listed = tools(i).map((tool) => ({
      name: (tool as { name: string }).name,
      definition: Buffer.from(JSON.stringify(tool)),
    }));
    const initializeResult = new Uint8Array();
    const report = {
      serverId: id,
      revision: 1,
      state: 'connected',
      error: '',
      tools: listed,
      initializeResult,
    } as const;
    observed.report('agent', { ...report, pid: 0, attempt: 0, nextAttemptMs: 0, version: '', connectTimeMs: 0 });
  }
  const remove = (id: string) => {
    records.delete(id);
    version += 1;
    observed.forget(id);
  };
  return { catalog, offers: new ToolOffers(catalog), remove };
}

const view = new McpView(caller, {});
const fifty = (server: number) =>
  Array.from({ length: 50 }, (_, i) => ({
    name: `some_tool_with_a_long_name_of_server_${server % 7}.${i}`,
    inputSchema: {},
  }));

t.test('200 servers of 50 tools: names are unique, short, and stay', async (t) => {
  const { offers, remove } = fleet(200, fifty);
  const first = offers.of(view);
  t.equal(first.byName.size, 10_000);
  t.ok(first.tools.every(({ name }) => /^[A-Za-z0-9_-]{1,64}$/.test(name)));
  t.ok(first.tools.every(({ name, json }) => JSON.parse(json).name === name));
  const restarted = fleet(200, fifty).offers.of(view);
  t.same(
    restarted.tools.map(({ name }) => name),
    first.tools.map(({ name }) => name),
    'the same after a restart',
  );
  remove('id-17');
  const left = offers.of(view);
  t.equal(left.tools.length, 9950);
  t.not(left.tag, first.tag);
  t.ok(left.tools.every(({ name, entry }) => first.byName.get(name)?.entry.server.id === entry.server.id));
});

t.test('a search finds tools by their purpose', async (t) => {
  const definitions = [
    {
      name: 'createIssue',
      description: 'Open a new ticket in the tracker',
      inputSchema: { properties: { title: { type: 'string' } } },
    },
    {
      name: 'send_mail',
      description: 'Send an e-mail message',
      inputSchema: { properties: { recipients: { type: 'array' } } },
    },
    { name: 'query', description: 'Run a SQL query against the database', inputSchema: {} },
  ];
  const { catalog, offers, remove } = fleet(2, (i) => (i === 0 ? definitions : fifty(1)));
  const search = new ToolSearch(catalog);
  const best = async (question: string) => (await search.find('p', offers.of(view), question, 5))[0]?.entry?.tool.name;
  t.equal(await best('please open an issue'), 'createIssue');
  t.equal(await best('How do I send emails to recipients?'), 'send_mail');
  t.equal(await best('databases queries'), 'query');
  remove('id-0');
  t.not(await best('send mail'), 'send_mail', 'what is gone is not found');
});
