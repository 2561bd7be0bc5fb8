import t from 'tap';
import { type ToolOffer, ToolOffers } from '../../../hub/domain/mcp/lists/tool-offers.js';
import { ToolSearch } from '../../../hub/domain/mcp/search/tool-search.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import type { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { ToolCatalog } from '../../../hub/domain/tools/catalog.js';
import { othersDuring } from '../../kit/turns.js';
import { caller } from './caller.js';

/** A catalogue of servers, each connected, with so many tools. */
function fleet(count: number, tools: (server: number) => readonly object[]) {
  const records = new Map<string, ServerRecord>();
  let changed: (id: string) => void = () => {};
  const registry = {
    all: () => records.values(),
    byId: (id: string) => records.get(id),
    onChange: (listener: typeof changed) => {
      changed = listener;
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
    changed(id);
    observed.forget(id);
  };
  const add = (record: Partial<ServerRecord> & { readonly id: string }) => {
    records.set(record.id, record as ServerRecord);
    changed(record.id);
  };
  return { catalog, observed, offers: new ToolOffers(catalog), add, remove };
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
  const tools = [...first.listed()];
  t.equal(new Set(tools.map(({ name }) => name)).size, 10_000);
  t.equal(first.size, 10_000);
  t.ok(tools.every(({ name }) => /^[A-Za-z0-9_-]{1,64}$/.test(name)));
  t.ok(tools.every(({ name, json }) => JSON.parse(json).name === name));
  const { tag } = first;
  const restarted = fleet(200, fifty).offers.of(view);
  t.same(
    [...restarted.listed()].map(({ name }) => name),
    tools.map(({ name }) => name),
    'the same after a restart',
  );
  t.equal(restarted.tag, tag);
  remove('id-17');
  const left = offers.of(view);
  t.equal(left.size, 9950);
  t.not(left.tag, tag);
  const servers = new Map(tools.map(({ name, entry }) => [name, entry.server.id]));
  t.same(
    [...left.listed()].filter(({ name, entry }) => servers.get(name) !== entry.server.id),
    [],
  );
});

t.test('an offer that follows the changes of servers equals one that is made from all servers', async (t) => {
  const { catalog, observed, offers, add, remove } = fleet(0, () => []);
  const narrow = new McpView(caller, { site: 'a' });
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  const change = () => {
    const id = `id-${random(12)}`;
    const metadata = { category: null, tags: [], version: null };
    const owner = random(3) === 0 ? { ownerId: caller.id } : {};
    // Two servers share each name: one is the caller's own.
    const name = `server_${Number(id.slice(3)) >> 1}`;
    if (random(6) === 0) remove(id);
    else if (random(2) === 0)
      add({
        id,
        name,
        metadata,
        groupId: null,
        site: random(2) ? 'a' : 'b',
        enabled: true,
        wanted: random(2) === 0,
        ...owner,
      });
    const tools = Array.from({ length: random(4) }, (_, i) => ({
      name: `tool_${i}`,
      definition: Buffer.from(JSON.stringify({ name: `tool_${i}`, description: String(random(2)), inputSchema: {} })),
    }));
    const state = random(2) ? 'connected' : 'error';
    const report = { serverId: id, revision: 1, state, error: '', initializeResult: new Uint8Array() } as const;
    const rest = { pid: 0, attempt: 0, nextAttemptMs: 0, version: '', connectTimeMs: 0 };
    observed.report('agent', { ...report, ...rest, ...(random(2) ? { tools } : {}) });
  };
  const shown = (offer: ToolOffer) => ({
    tag: offer.tag,
    size: offer.size,
    listed: Array.from(offer.listed(), ({ name, json, entry }) => ({ name, json, server: entry.server.id })),
    second: [...offer.listed('server_2__tool_1')].map(({ name }) => name),
    own: Array.from(offer.listed(), ({ entry: { server, tool } }) => offer.ofServer(server.id, tool.name)?.name),
    found: Array.from(
      catalog.known(),
      ({ server, tool }) => offer.find(`${server.name}__${tool.name}`)?.entry.server.id,
    ),
  });
  let tools = 0;
  for (let i = 0; i < 500; i += 1) {
    for (let n = random(4); n >= 0; n -= 1) change();
    const fresh = new ToolOffers(catalog);
    for (const each of [view, narrow]) {
      const offer = shown(offers.of(each));
      tools += offer.size;
      if (JSON.stringify(offer) !== JSON.stringify(shown(fresh.of(each)))) t.same(offer, shown(fresh.of(each)));
      t.equal(offer.size, offer.listed.length);
    }
  }
  t.ok(tools > 1000, 'the offers have tools');
});

t.test('other work runs while the offer of a large fleet is made', async (t) => {
  const { offers } = fleet(100, fifty);
  let offer: ToolOffer | undefined;
  const others = await othersDuring(t, async () => {
    offer = await offers.prepare(view, undefined);
  });
  t.ok(others >= 100, `others went on ${others} times`);
  t.equal(offer?.size, 5000);
});

/** Makes the offer of a view, and changes the fleet when half of its servers are taken in. */
async function withChange({ catalog, offers }: ReturnType<typeof fleet>, view: McpView, change: () => void) {
  // The order of all tools is there already.
  offers.of(new McpView(caller, { site: 'other' }));
  const { toolsOf } = catalog;
  catalog.toolsOf = (id) => {
    if (id === 'id-50') {
      catalog.toolsOf = toolsOf;
      change();
    }
    return toolsOf.call(catalog, id);
  };
  return await offers.prepare(view, undefined);
}

t.test('an offer has the servers that change while it is made', async (t) => {
  const made = fleet(100, fifty);
  const offer = await withChange(made, view, () => {
    made.remove('id-3');
    made.remove('id-97');
  });
  t.equal(offer.size, 98 * 50);
  t.equal(offer.tag, new ToolOffers(made.catalog).of(view).tag);
  t.equal(serversOf(offer).length, 98);
});

t.test('a server that becomes the caller’s own while its offer is made is not in the offer of others', async (t) => {
  const made = fleet(100, fifty);
  const owners = new Set<string>();
  const viewOf = (id: string) => new McpView({ ...caller, id, role: 'user' }, {}, () => owners);
  const [mine, theirs] = [viewOf('k1'), viewOf('k2')];
  await withChange(made, mine, () => {
    owners.add('k1');
    made.add({ id: 'id-99', name: 'mine', ownerId: 'k1', site: 'local', groupId: null });
    t.notOk(serversOf(made.offers.of(theirs)).includes('id-99'));
  });
  t.notOk(serversOf(made.offers.of(theirs)).includes('id-99'));
  t.ok(serversOf(made.offers.of(mine)).includes('id-99'));
});

function serversOf(offer: ToolOffer): string[] {
  return [...new Set(Array.from(offer.listed(), ({ entry }) => entry.server.id))];
}

t.test('views that show all tools of a server share them', async (t) => {
  const { offers } = fleet(2, fifty);
  const inSite = new McpView(caller, { site: 'local' });
  const narrowed = new McpView({ ...caller, grants: { sites: ['local'] } }, {});
  const tools = offers.of(view).allOf('id-1');
  t.equal(tools.length, 50);
  for (const other of [inSite, narrowed]) t.equal(offers.of(other).allOf('id-1'), tools);
});

t.test('the views of one payer do not push out those of others', async (t) => {
  const { catalog, offers } = fleet(3, fifty);
  const viewOf = (id: string, site: string) => new McpView({ ...caller, id, grants: { sites: ['local', site] } }, {});
  offers.of(viewOf('modest', 'a'));
  for (let i = 0; i < 2000; i += 1) offers.of(viewOf('greedy', `site-${i}`));
  const { servers } = catalog;
  let made = 0;
  catalog.servers = () => {
    made += 1;
    return servers.call(catalog);
  };
  offers.of(viewOf('modest', 'a'));
  offers.of(viewOf('greedy', 'site-1999'));
  t.equal(made, 0, 'both are kept');
  offers.of(viewOf('greedy', 'site-0'));
  t.equal(made, 1);
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
  const best = async (question: string) => {
    const [found] = await search.find('p', offers.of(view), question, 5);
    t.equal(JSON.parse(found?.json ?? '{}').name, found?.name, 'with its definition');
    return found?.entry?.tool.name;
  };
  t.equal(await best('please open an issue'), 'createIssue');
  t.equal(await best('How do I send emails to recipients?'), 'send_mail');
  t.equal(await best('databases queries'), 'query');
  remove('id-0');
  t.not(await best('send mail'), 'send_mail', 'what is gone is not found');
});
