import t from 'tap';
import { startAgent, startHub } from '../roundhouse.js';

t.test(
  'arguments and queries: a viewer sees no value with the name of a secret, a caller who may change the server does',
  async (t) => {
    const hub = await startHub(t);
    await startAgent(t, hub);
    const byCommand = {
      type: 'stdio',
      command: 'run',
      args: ['--token', 'the-word', '--port', '80', 'postgres://ada:the-word@db/one'],
    };
    const byUrl = { type: 'http', url: 'https://mcp.example.org/mcp?apikey=the-word&page=2' };
    for (const [name, transport] of [
      ['by-command', byCommand],
      ['by-url', byUrl],
    ] as const)
      t.equal((await hub.call('POST', '/api/servers', { name, site: 'local', transport })).status, 201);
    const [viewer, operator] = [await hub.key('viewer'), await hub.key('operator')];
    for (const name of ['by-command', 'by-url']) {
      const read = async (path: string, key: string) =>
        JSON.stringify((await hub.call('GET', path, undefined, key)).body);
      t.match(await read(`/api/servers/${name}`, operator), 'the-word');
      for (const path of [
        `/api/servers/${name}`,
        '/api/servers',
        `/automation/api/v1/servers/${name}`,
        '/portal/api/v1/servers',
        `/backend/api/v1/entities/server/${name}`,
      ])
        t.notMatch(await read(path, viewer), 'the-word', path);
      t.match(await read(`/automation/api/v1/servers/${name}`, viewer), name === 'by-url' ? 'page=2' : '--port 80');
    }
  },
);

t.test('the same holds for definitions', async (t) => {
  const hub = await startHub(t);
  const named = { package: '@fleet/books', args: ['--token', 'the-word', '--port', '80'] };
  for (const [name, config] of [
    ['npm', named],
    [
      'docker',
      { image: 'fleet/books:1', options: ['-e', 'API_TOKEN=the-word', '--network', 'none'], args: named.args },
    ],
    ['stdio', { command: 'run', args: named.args }],
    ['http', { url: 'https://mcp.example.org/mcp?apikey=the-word&page=2' }],
  ] as const) {
    const definition = { name, description: '', mcp_type: name, config: { type: name, ...config } };
    const made = await hub.call('POST', '/backend/api/v1/mcp-definitions', definition);
    t.equal(made.status, 201, JSON.stringify(made.body));
  }
  const [viewer, operator] = [await hub.key('viewer'), await hub.key('operator')];
  const read = async (path: string, key: string) => JSON.stringify((await hub.call('GET', path, undefined, key)).body);
  const list = '/backend/api/v1/mcp-definitions';
  t.equal((await read(list, operator)).split('the-word').length - 1, 5);
  t.notMatch(await read(list, viewer), 'the-word');
  for (const name of ['npm', 'docker', 'stdio', 'http'])
    for (const path of [`${list}/${name}`, `/backend/api/v1/entities/mcp_definition/${name}`]) {
      t.match(await read(path, operator), 'the-word', path);
      const seen = await read(path, viewer);
      t.notMatch(seen, 'the-word', path);
      t.match(seen, name === 'http' ? 'page=2' : '"80"');
    }
});
