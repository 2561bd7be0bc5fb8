import t from 'tap';
import { auditOf } from '../mcp-tools.js';
import { everything, fixture, startAgent, startHub } from '../roundhouse.js';

const hub = await startHub(t);
await startAgent(t, hub);
const stdio = (path: string) => ({ type: 'stdio', command: process.execPath, args: [path] });
await hub.connectServer({ name: 'everything', transport: stdio(everything) });
await hub.connectServer({ name: 'tells', transport: stdio(fixture('tells')) });
await hub.call('POST', '/api/servers', { name: 'idle', transport: stdio(everything) });
const path = (server: string, rest: string) => `/api/servers/${server}/${rest}`;
const user = await hub.key('user');
const read = (uri: unknown, key = user, server = 'everything') =>
  hub.call('POST', path(server, 'resources/read'), { uri }, key);

t.test('resources and templates are listed and read', async (t) => {
  const { status, body } = await hub.call('GET', path('everything', 'resources'), undefined, user);
  t.equal(status, 200);
  const { resources, templates } = body.data;
  const known = resources.find(({ uri }: { uri: string }) => uri.endsWith('/features.md'));
  t.match(known, { name: 'features.md', mimeType: 'text/markdown' });
  t.ok(templates.some(({ uriTemplate }: { uriTemplate: string }) => uriTemplate.includes('{resourceId}')));
  const { contents } = (await read(known.uri)).body.data;
  t.match(contents, [{ uri: known.uri, mimeType: 'text/markdown', text: /Everything Server/ }]);
  const blob = await read('demo://resource/dynamic/blob/3');
  t.match(Buffer.from(blob.body.data.contents[0].blob, 'base64').toString(), 'Resource 3');
  t.match(await auditOf(hub, 'resource.read'), [{ success: true }, { success: true, resource: { id: known.uri } }]);
});

t.test('prompts are listed and filled in', async (t) => {
  const { body } = await hub.call('GET', path('everything', 'prompts'), undefined, user);
  const found = body.data.find(({ name }: { name: string }) => name === 'args-prompt');
  t.match(found.arguments, [
    { name: 'city', required: true },
    { name: 'state', required: false },
  ]);
  const fill = (given: object) => hub.call('POST', path('everything', 'prompts/get'), given, user);
  const filled = await fill({ name: 'args-prompt', arguments: { city: 'Lisbon' } });
  t.match(filled.body.data.messages, [{ role: 'user', content: { type: 'text', text: /Lisbon/ } }]);
  t.equal((await fill({ name: 'args-prompt', arguments: {} })).status, 502, 'the server misses an argument');
  t.equal((await fill({ name: 'args-prompt', arguments: { city: 7 } })).status, 400);
  const good = { success: true, resource: { id: 'args-prompt' } };
  t.match(await auditOf(hub, 'prompt.get'), [{ success: false }, { success: false }, good]);
});

t.test('a server without resources lists none, and a stopped server is an error', async (t) => {
  t.same((await hub.call('GET', path('tells', 'resources'))).body.data, { resources: [], templates: [] });
  t.same((await hub.call('GET', path('tells', 'prompts'))).body.data, []);
  for (const rest of ['resources', 'prompts']) t.equal((await hub.call('GET', path('idle', rest))).status, 503, rest);
  t.equal((await hub.call('GET', path('nobody', 'resources'))).status, 404);
  t.equal((await read('x', user, 'idle')).status, 503);
  t.equal((await read(7)).status, 400);
});

t.test('a viewer, a key for tools, and a key for other servers read nothing', async (t) => {
  const uri = 'demo://resource/dynamic/text/1';
  const viewer = await hub.key('viewer');
  const tools = await hub.key('user', { grants: { tools: ['echo'] } });
  const others = await hub.key('user', { grants: { servers: ['tells'] } });
  for (const [key, status] of [
    [viewer, 403],
    [tools, 403],
    [others, 404],
  ] as const) {
    t.equal((await read(uri, key)).status, status);
    for (const rest of ['resources', 'prompts'])
      t.equal((await hub.call('GET', path('everything', rest), undefined, key)).status, status, rest);
  }
});
