import t from 'tap';
import { nameVersion, parseSourceCommand } from '../../../agent/drivers/sources/command.js';

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
  t.match(parse('npx --yes pkg'), { name: 'pkg', version: '', args: { length: 0 } });
  t.match(parse('/usr/bin/npx pkg@latest -y'), { name: 'pkg', version: 'latest', args: ['-y'] });
  t.match(parse('npx -y -- pkg@^2 a'), { name: 'pkg', version: '^2', args: ['a'] });
  t.match(parse('npx -y -p @s/pkg@2 tool a'), { name: '@s/pkg', version: '2', program: 'tool', args: ['a'] });
  t.match(parse('npx --package=pkg tool'), { name: 'pkg', program: 'tool', args: { length: 0 } });
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

t.test('git repositories', async (t) => {
  t.same(parse('npx -y github:owner/repo#v1.2.0 --flag'), {
    kind: 'git',
    installer: 'npm',
    name: 'github.com/owner/repo',
    url: 'https://github.com/owner/repo.git',
    version: 'v1.2.0',
    program: '',
    args: ['--flag'],
  });
  t.match(parse('npx -y -p git+https://me:secret@host/a/b.git#main tool x'), {
    name: 'host/a/b',
    url: 'https://me:secret@host/a/b.git',
    version: 'main',
    program: 'tool',
    args: ['x'],
  });
  t.match(parse('npx git+file:///srv/repo#semver:^1.2'), {
    name: 'srv/repo',
    url: 'file:///srv/repo',
    version: 'semver:^1.2',
  });
  t.match(parse('uvx --from git+ssh://git@host/a/b@v1 tool'), {
    installer: 'pypi',
    url: 'ssh://git@host/a/b',
    version: 'v1',
    program: 'tool',
  });
  t.match(parse('uvx git+https://x/y'), { kind: 'git', name: 'x/y', version: '', program: '' });
});

t.test('the same command at another version', async (t) => {
  const at = (line: string, version: string) => {
    const [command = '', ...args] = line.split(' ');
    return nameVersion(command, args, version)?.join(' ');
  };
  t.equal(at('npx -y pkg', '2.0.0'), '-y pkg@2.0.0');
  t.equal(at('npx -y --package=@s/pkg@^1 tool @s/pkg@^1', '2.0.0'), '-y --package=@s/pkg@2.0.0 tool @s/pkg@^1');
  t.equal(at('uvx pkg[b]@1.0 x', '2.0'), 'pkg[b]@2.0 x');
  t.equal(at('uv tool run --from pkg>=1 tool', '2.0'), 'tool run --from pkg==2.0 tool');
  t.equal(at('npx github:a/b#v1', 'v2'), 'github:a/b#v2');
  t.equal(at('uvx --from git+https://u@x/y@v1 tool', 'v2'), '--from git+https://u@x/y@v2 tool');
  t.equal(at('node x.js', '1.0.0'), undefined);
});

t.test('any other command is run unchanged', async (t) => {
  const others = ['node server.js', 'npx', 'npx -y', 'npx -c cmd', 'npx -p a -p b tool', 'npx ./local', 'npx ../x'];
  others.push('npx https://x/y.tgz', 'npx --prefix x pkg', 'uvx --with x pkg', 'uvx git+https://x/y#subdirectory=z');
  others.push('npx git+ext::sh', 'npx github:a/b#-x', 'npx github:a/b#x..y', 'npx github:a', 'uvx git+ext::x/y');
  others.push('npx -p pkg', 'uvx --from pkg', 'uv pip install x', 'my-npx pkg', 'npx @../x', 'npx pkg@../../x');
  // npm takes these versions for files and folders.
  others.push('npx pkg@.', 'npx @s/pkg@.name', 'npx pkg@evil.tgz', 'npx pkg@x.TAR.GZ', 'npx pkg@a.tar');
  for (const line of others) t.equal(parse(line), undefined, line);
});
