import t from 'tap';
import { commandEnvironment, parseDockerCommand } from '../../../agent/drivers/docker/command-line/run-command.js';
import { parseReference, referenceText, withVersion } from '../../../agent/drivers/docker/reference.js';
import { nameImageVersion, relatedTags } from '../../../agent/drivers/sources/image.js';

const digest = `sha256:${'a1'.repeat(32)}`;
const run = (...args: string[]) => parseDockerCommand('docker', ['run', ...args]);

t.test('names of images are read as the engine reads them', async (t) => {
  const read = (text: string) => {
    const found = parseReference(text);
    return found && [found.registry, found.repository, found.tag, found.digest];
  };
  t.same(read('redis'), ['docker.io', 'library/redis', 'latest', '']);
  t.same(read('mcp/github:1.2'), ['docker.io', 'mcp/github', '1.2', '']);
  t.same(read('index.docker.io/mcp/github'), ['docker.io', 'mcp/github', 'latest', '']);
  t.same(read('localhost:5000/a/b/c'), ['localhost:5000', 'a/b/c', 'latest', '']);
  t.same(read(`ghcr.io/a/b:1@${digest}`), ['ghcr.io', 'a/b', '1', digest]);
  t.same(read(`ghcr.io/a/b@${digest}`), ['ghcr.io', 'a/b', '', digest]);
  for (const text of [
    '',
    'UPPER',
    'MCP/time:1',
    'LOCALHOST/x',
    'a/../b',
    'a b',
    'a@sha256:1',
    'a:',
    'a//b',
    '-v',
    'ghcr.io/',
    'a:b:c',
  ]) {
    t.equal(read(text), undefined, text);
  }
});

t.test('a version takes the place of tag and digest, and nothing else can be one', async (t) => {
  const image = { registry: 'ghcr.io', repository: 'a/b', tag: '1.0.0', digest: '' };
  const at = (version: string) => {
    const found = withVersion(image, version);
    return found && referenceText(found);
  };
  t.equal(at('2.0.0'), 'ghcr.io/a/b:2.0.0');
  t.equal(at(digest), `ghcr.io/a/b@${digest}`);
  t.equal(at(`latest@${digest}`), `ghcr.io/a/b:latest@${digest}`);
  for (const version of ['', '@', 'a/b', '../x', 'a@b', `@${digest}`, 'latest@', 'sha256:12', 'a:b']) {
    t.equal(at(version), undefined, version);
  }
});

t.test('flags are taken off as docker takes them', async (t) => {
  const command = run(
    '-i',
    '--rm',
    '-eA=1',
    '-e',
    'B',
    '--env',
    'C=x=y',
    '-v/data:/data:ro',
    '--init',
    'img:1',
    '-i',
    '--x',
  );
  t.match(command, { kind: 'run', image: { repository: 'library/img', tag: '1' }, args: ['-i', '--x'] });
  t.match(command, { options: { host: { Binds: ['/data:/data:ro'], Init: true } } });
  const env = ['-e', 'A=1', '-e', 'B', '--env=C=x=y'];
  t.same(commandEnvironment('/usr/bin/docker', ['container', 'run', ...env, 'img']), { A: '1', C: 'x=y' });
  t.match(run('--', 'img', 'arg'), { kind: 'run', args: ['arg'] });
  t.match(run('--mount', 'type=bind,src=/a,dst=/b,readonly', '--mount=type=volume,source=v,target=/c', 'img'), {
    options: { host: { Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true }, { Source: 'v' }] } },
  });
  t.match(run('-p', '127.0.0.1:8080:80', 'img'), {
    options: { host: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] } } },
  });
  t.match(run('-m', '1.5g', '--cpus=.5', 'img'), { options: { host: { Memory: 1.5 * 1024 ** 3, NanoCpus: 5e8 } } });
});

t.test(
  'a flag that this agent does not know is left to the docker program, with a reason that quotes no value',
  async (t) => {
    for (const args of [
      ['--privileged'],
      ['-it'],
      ['--device', '/dev/kvm'],
      ['-d'],
      ['--pull', 'newest'],
      ['--security-opt', 'seccomp=/p'],
    ]) {
      const found = run(...args, 'img');
      const { kind, reason } = found === undefined || found.kind === 'run' ? { kind: 'run', reason: '' } : found;
      t.equal(kind, args[0] === '--pull' ? 'wrong' : 'left', args.join(' '));
      t.notMatch(reason, /kvm|newest|\/p/);
    }
    t.match(parseDockerCommand('docker', ['compose', 'run', 'x']), { kind: 'left' });
    const nfs = 'type=volume,dst=/d,volume-opt=type=nfs,volume-opt=o=addr=192.0.2.1,volume-opt=device=:/x';
    t.match(run('--mount', nfs, 'img'), { kind: 'left' }, 'docker takes all options of a volume');
    t.match(parseDockerCommand('docker', ['--host', 'tcp://x', 'run', 'img']), { kind: 'left' });
    t.match(run(digest), { kind: 'left' });
    t.equal(parseDockerCommand('podman', ['run', 'img']), undefined);
  },
);

t.test('a command that cannot work is reported as such', async (t) => {
  const wrong = (pattern: RegExp, ...args: string[]) => t.match(run(...args), { kind: 'wrong', reason: pattern });
  wrong(/names no image/, '-i', '--rm');
  wrong(/'Not An Image' is not the name/, 'Not An Image');
  wrong(/-e lacks its value/, '-e');
  wrong(/-v: a path at the agent must be absolute/, '-v', '~/data:/data', 'img');
  wrong(/--volume: the path in the container must be absolute/, '--volume', '/data:data', 'img');
  wrong(/--mount: a path at the agent must be absolute/, '--mount', 'type=bind,src=data,dst=/b', 'img');
  for (const twice of ['source=/a,source=/b', 'source=/a,src=/b', 'SRC=/a,Source=/b'])
    wrong(/--mount: names a field twice/, '--mount', `type=bind,${twice},target=/c`, 'img');
  wrong(/--mount: names a field twice/, '--mount', 'type=volume,src=v,type=bind,dst=/c', 'img');
  wrong(/--mount: names a field twice/, '--mount', 'src=v,dst=/c,destination=/d,volume-nocopy', 'img');
  wrong(/--mount: must not use quotes/, '--mount', 'type=bind,src=/a,"target=/c"', 'img');
  wrong(/--memory: expected an amount/, '--memory', 'much', 'img');
  wrong(/--env-file: expected an absolute path/, '--env-file', '.env', 'img');
  wrong(/agent’s own/, '--label', 'io.roundhouse.agent=other', 'img');
});

t.test('a command names its image in another version in the same place', async (t) => {
  const args = ['run', '-i', '-e', 'A=img:1.0.0', 'reg:5000/img:1.0.0', 'img:1.0.0'];
  t.same(nameImageVersion('docker', args, '2.0.0'), [...args.slice(0, 4), 'reg:5000/img:2.0.0', 'img:1.0.0']);
  t.same(nameImageVersion('docker', ['run', 'img'], digest), ['run', `img@${digest}`]);
  t.equal(nameImageVersion('docker', ['run', 'img'], '../x'), undefined);
});

t.test('of a registry with more tags than the agent orders, the last 10,000 count', async (t) => {
  const tags = Array.from({ length: 10_001 }, (_, n) => `1.0.${n}`);
  const found = await relatedTags(tags, '1.0.0');
  t.match([found.length, found[0], found.at(-1)], [10_000, '1.0.10000', '1.0.1']);
});

t.test('of many tags those count that are versions of the same variant', async (t) => {
  const tags = ['latest', '1.0.0', '1.10.0', '1.9.0', '2.0.0-rc.1', '2.0.0-alpine', '1.9.0-alpine', '1', 'v1.11.0'];
  t.same(await relatedTags(tags, '1.0.0'), ['v1.11.0', '1.10.0', '1.9.0', '1.0.0']);
  t.same(await relatedTags(tags, '1.9.0-alpine'), ['2.0.0-alpine', '1.9.0-alpine']);
  t.equal((await relatedTags(tags, '2.0.0-beta.1'))[0], '2.0.0-rc.1');
});

t.test('among very many tags the agent lets other work go on', async (t) => {
  let turns = 0;
  const count = () => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const tags = Array.from({ length: 50_000 }, (_, i) => `1.${i}.0`);
  const related = await relatedTags(tags, '1.0.0');
  clearImmediate(next);
  t.equal(related[0], '1.49999.0');
  t.ok(turns >= 9, `${turns} turns`);
});
