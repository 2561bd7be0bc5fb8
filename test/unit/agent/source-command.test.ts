import t from 'tap';
import { parseSourceCommand } from '../../../agent/drivers/sources/command.js';

const parse = (line: string) => {
  const [command = '', ...args] = line.split(' ');
  return parseSourceCommand(command, args);
};

t.test('npx', async (t) => {
  const npm = { kind: 'npm', extras: [] as string[] };
  t.same(parse('npx -y @scope/pkg@1.2.3 /data --flag'), {
    ...npm,
    name: '@scope/pkg',
    version: '1.2.3',
    program: '',
    args: ['/data', '--flag'],
  });
  t.match(parse('npx --yes pkg'), { name: 'pkg', version: '', args: [] });
  t.match(parse('/usr/bin/npx pkg@latest -y'), { name: 'pkg', version: 'latest', args: ['-y'] });
  t.match(parse('npx -y -- pkg@^2 a'), { name: 'pkg', version: '^2', args: ['a'] });
  t.match(parse('npx -y -p @s/pkg@2 tool a'), { name: '@s/pkg', version: '2', program: 'tool', args: ['a'] });
  t.match(parse('npx --package=pkg tool'), { name: 'pkg', program: 'tool', args: [] });
});

t.test('uvx', async (t) => {
  t.match(parse('uvx mcp-server-time==1.0.2 --local-timezone UTC'), {
    kind: 'pypi',
    name: 'mcp-server-time',
    version: '1.0.2',
    program: 'mcp-server-time',
    args: ['--local-timezone', 'UTC'],
  });
  t.match(parse('uvx Some_Pkg@2.0'), { name: 'some-pkg', version: '2.0', program: 'Some_Pkg' });
  t.match(parse('uvx pkg@latest'), { name: 'pkg', version: '' });
  t.match(parse('uvx --from pkg[b,a]>=1.2 tool x'), {
    extras: ['a', 'b'],
    version: '>=1.2',
    program: 'tool',
    args: ['x'],
  });
  t.match(parse('uv tool run pkg'), { kind: 'pypi', name: 'pkg' });
});

t.test('everything else is run as it is given', async (t) => {
  const others = ['node server.js', 'npx', 'npx -y', 'npx -c cmd', 'npx -p a -p b tool', 'npx ./local', 'npx ../x'];
  others.push('npx github:a/b', 'npx https://x/y.tgz', 'npx --prefix x pkg', 'uvx --with x pkg', 'uvx git+https://x/y');
  others.push('npx -p pkg', 'uvx --from pkg', 'uv pip install x', 'my-npx pkg', 'npx @../x', 'npx pkg@../../x');
  for (const line of others) t.equal(parse(line), undefined, line);
});
