import t from 'tap';
import { startAgent, startHub } from '../roundhouse.js';

t.test(
  'arguments and queries: a viewer sees no value with the name of a secret, a caller who may change the server does',
  async (t) => {
    const hub = await startHub(t);
    await startAgent(t, hub);
    const byCommand = { type: 'stdio', command: 'run', args: ['--token', 'the-word', '--port', '80'] };
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
      ])
        t.notMatch(await read(path, viewer), 'the-word', path);
      t.match(await read(`/automation/api/v1/servers/${name}`, viewer), name === 'by-url' ? 'page=2' : '--port 80');
    }
  },
);
