import t from 'tap';
import type { ServerReport } from '../../../hub/domain/agents/fleet.js';
import { handshakeOf } from '../../../hub/domain/mcp/handshake.js';
import { readList } from '../../../hub/domain/mcp/lists/lists.js';
import { McpPassThrough, type PassThroughParts } from '../../../hub/domain/mcp/pass-through.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';

/** A report of a connected server. */
function reported(definitions: readonly string[], initialize = ''): ServerReport {
  const tools = definitions.map((definition, i) => ({ name: `t${i}`, definition: Buffer.from(definition) }));
  return {
    serverId: 's',
    revision: 1,
    state: 'connected',
    error: '',
    tools,
    initializeResult: Buffer.from(initialize),
    pid: 0,
    attempt: 0,
    nextAttemptMs: 0,
    version: '',
    connectTimeMs: 0,
  };
}

/** The known state of a server after a report. */
function observed({ definitions = [] as readonly string[], initialize = '' }) {
  const servers = new ObservedServers();
  servers.report('agent', reported(definitions, initialize));
  return servers.get('s');
}

const deep = `{"inputSchema":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_001)}`;
for (const bad of ['', 'null', '[]', '1', '{', '{"name":"x"}{', '{"inputSchema":1}', '{"description":{}}', deep]) {
  t.test(`a tool described by ${bad.slice(0, 24) || 'nothing'} is left out, and the others are listed`, async (t) => {
    const { tools } = observed({ definitions: [bad, '{"name":"t1","description":null}'] });
    t.same(
      tools.map(({ name }) => name),
      ['t1'],
    );
  });
}

t.test('the hub leaves out the tools after 200,000 values of a report', async (t) => {
  const definition = `{"x":[${'0,'.repeat(19_900)}0]}`;
  const servers = new ObservedServers();
  await servers.report('agent', reported([...Array(12).fill(definition), '{}']));
  t.equal(servers.get('s').tools.length, 10);
});

t.test('the hub leaves out a tool of a report whose name or title is too long', async (t) => {
  const servers = new ObservedServers();
  const read = (name: string, title = 'x') => servers.readTools('s', [JSON.stringify({ name, title })]);
  t.equal((await read('n'.repeat(1024), 't'.repeat(4096)))[0]?.name.length, 1024);
  t.same(await read('n'.repeat(1025)), []);
  t.same(await read('n', 't'.repeat(4097)), []);
});

for (const bad of ['null', '[', '"x"', '{"capabilities":null,"serverInfo":1}'])
  t.test(`a server whose handshake is ${bad} has no capabilities`, async (t) => {
    t.same(handshakeOf(observed({ initialize: bad })).capabilities, {});
  });

t.test('an entry that clients would refuse is left out of a list, and the others are listed', async (t) => {
  const prompts = [{ name: 'good' }, { name: 'bad', description: 1 }, null, { name: 'good too', title: 'x' }];
  const long = [{ name: 'n'.repeat(1025) }, { name: 'titled', title: 't'.repeat(4097) }];
  prompts.push(...long, { name: 'm'.repeat(1024) });
  const remarks: string[] = [];
  const passThrough = new McpPassThrough({
    onRemark: (_, remark) => remarks.push(remark),
  } as Partial<PassThroughParts> as PassThroughParts);
  passThrough.send = async () => Buffer.from(JSON.stringify({ prompts }));
  const listed = await readList(passThrough, { server: {} as ServerRecord, instanceId: '' }, 'prompts');
  t.same(
    listed.map(({ key }) => key),
    ['good', 'good too', 'm'.repeat(1024)],
  );
  t.equal(remarks.length, 1);
  t.match(remarks[0], /list of prompts are left out .*: "bad", and 2 more$/);
});
