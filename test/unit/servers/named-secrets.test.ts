import t from 'tap';
import { sourceLine, withoutNamedSecrets } from '../../../hub/domain/servers/transport.js';

t.test(
  'a reader who may not change a server sees no argument and no part of the query with the name of a secret',
  async (t) => {
    const stdio = (...args: string[]) => ({ type: 'stdio', command: 'run', args, env: [] }) as const;
    const shown = withoutNamedSecrets(
      stdio('--token', 'abc', '--api-key=def', '--port', '80', 'https://u.example.org/?apikey=ghi&page=2', 'TOKEN=jkl'),
    );
    t.notMatch(JSON.stringify(shown), /abc|def|ghi|jkl/);
    t.match(shown, { command: 'run', args: ['--token', /./, /^--api-key=/, '--port', '80', /page=2$/, /^TOKEN=/] });
    const url = (text: string) => ({ type: 'http', url: text, headers: ['A'] }) as const;
    t.same(
      withoutNamedSecrets(url('https://mcp.example.org/mcp?a=1&api%5Fkey=abc&b=2#c')),
      url('https://mcp.example.org/mcp?a=1&api%5Fkey=********&b=2#c'),
    );
    t.same(withoutNamedSecrets(url('https://mcp.example.org/mcp?page=2')), url('https://mcp.example.org/mcp?page=2'));
    t.equal(sourceLine(url('https://mcp.example.org/?key=abc')), 'https://mcp.example.org/?key=********');
  },
);
