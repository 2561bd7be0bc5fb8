import { EventEmitter, once } from 'node:events';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { httpServers, registration, tool } from '../fixtures/servers/http-servers.js';
import { textOf } from '../mcp-answers.js';
import { mcpClient } from '../mcp-client.js';
import { scaled } from '../nightly.js';
import { runAgent, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const SERVERS = scaled(200);
const TOOLS = 50;

/** Seven servers have the same tools, every third name is longer than a client takes, and some differ only in characters that a name may not have. */
const toolsOf = (i: number) =>
  Array.from({ length: TOOLS }, (_, k) => {
    const long = k % 3 === 0 ? '_that_does_what_nobody_would_think_it_does' : '';
    const odd = k % 2 === 0 ? '.' : '/';
    return tool(`tool_${Math.floor(k / 2)}${odd}${i % 7}${long}`, { description: `Number ${k} of ${i}` });
  });

async function eachOf<T>(list: readonly T[], work: (one: T, i: number) => Promise<unknown>): Promise<void> {
  const left = [...list.entries()];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

type Connected = Awaited<ReturnType<typeof mcpClient>>['client'];

/** The name of every tool, page by page, and its description. */
async function listed(client: Connected) {
  const found = new Map<string, string>();
  const pages: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    pages.push(page.tools.length);
    for (const { name, description = '' } of page.tools) {
      if (found.has(name)) throw new Error(`${name} comes twice`);
      found.set(name, description);
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  const own = [...found.keys()].filter((name) => name === 'find_tools' || name.startsWith('roundhouse_'));
  for (const name of own) found.delete(name);
  return { found, pages, own: own.length };
}

t.test(
  `${SERVERS} servers of ${TOOLS} tools: names are unique, short, and stay; the list comes in pages`,
  async (t) => {
    const data = tempFolder(t);
    const first = await startHub(t, { data });
    const agent = await startAgent(t, first);
    const servers = await httpServers(t, SERVERS, (i) => ({ tools: toolsOf(i) }));
    const began = performance.now();
    await eachOf(servers, (server, i) => first.connectServer(registration(`a server with number ${i}`, server)));
    t.comment(`connected after ${Math.round(performance.now() - began)} ms`);

    const { client } = await mcpClient(t, first);
    const before = await listed(client);
    t.comment(`listed after ${Math.round(performance.now() - began)} ms, pages of ${before.pages.join(' ')}`);
    t.equal(before.found.size, SERVERS * TOOLS);
    t.ok([...before.found.keys()].every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name)));
    t.equal(new Set(before.found.values()).size, SERVERS * TOOLS, 'every tool of every server is there');
    t.ok(before.pages.length >= (SERVERS * TOOLS) / 500 && Math.max(...before.pages) <= 500);
    t.equal(
      before.pages.reduce((sum, size) => sum + size, 0),
      SERVERS * TOOLS + before.own,
    );
    const [name = '', description = ''] = [...before.found][Math.floor(SERVERS * TOOLS * 0.43)] ?? [];
    const [, k, i] = /^Number (\d+) of (\d+)$/.exec(description) ?? [];
    const called = textOf(await client.callTool({ name, arguments: {} }));
    t.equal(called, toolsOf(Number(i))[Number(k)]?.name, 'a name leads to its own tool');

    await Promise.all([agent.stop(), first.stop()]);
    const second = await startHub(t, { data });
    runAgent(t, ['--hub', second.agentAddress, '--data', agent.data]);
    const { client: later } = await mcpClient(t, second);
    const again = await complete(later, SERVERS * TOOLS);
    t.same([...again.found], [...before.found], 'the same after a restart of hub and agent');

    const left = [...before.found].filter(([, said]) => !said.endsWith(' of 17'));
    await second.call('DELETE', '/api/servers/a%20server%20with%20number%2017');
    t.same([...(await complete(later, left.length)).found], left, 'and after one of them left');
    t.comment(`over after ${Math.round(performance.now() - began)} ms`);
  },
);

/** The list once it holds so many tools: its client gets a notice of every change. */
async function complete(client: Connected, size: number) {
  const told = new EventEmitter();
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void told.emit('changed'));
  for (;;) {
    const changed = once(told, 'changed');
    const list = await listed(client);
    if (list.found.size === size) return list;
    await changed;
  }
}
