import t from 'tap';
import { commandLine, everything, startAgent, startHub } from '../roundhouse.js';

const hub = await startHub(t);
await startAgent(t, hub, 'berlin');
await startAgent(t, hub, 'lisbon');
const person = commandLine(t, hub, { isTerminal: true });
const program = commandLine(t, hub);

/** The command line of a server that answers at once. */
const source = ['--', process.execPath, everything];

t.test('a server is added, listed, shown, changed and removed', async (t) => {
  const added = await person.run(['server', 'add', 'tour', '--site', 'berlin', '--env', 'MODE=test', ...source]);
  t.equal(added.code, 0, added.stderr);
  t.match(added.stderr, /tour runs at site berlin and has \d+ tools/);

  const listed = await person.run(['server', 'list']);
  t.match(listed.stdout, /^SERVER +SITE +STATUS/m);
  t.match(listed.stdout, /^tour +berlin +connected/m);
  t.match(await program.json('server', 'list', '--site', 'berlin'), [{ name: 'tour', site: 'berlin' }]);
  t.same(await program.json('server', 'list', '--site', 'lisbon'), []);
  t.equal((await program.run(['server', 'list', '--quiet'])).stdout, 'tour\n');

  const shown = await person.run(['server', 'show', 'tour']);
  t.match(shown.stdout, /^site +berlin$/m);
  t.match(shown.stdout, /^variables +MODE$/m);
  t.match(shown.stdout, /^echo +/m, 'with its tools');

  const set = await program.json('server', 'set', 'tour', '--description', 'the tour', '--tags', 'a,b');
  t.match(set, { description: 'the tour', metadata: { tags: ['a', 'b'] } });
  t.match(await program.json('server', 'list', '--tag', 'a'), [{ name: 'tour' }]);

  t.equal((await program.run(['server', 'remove', 'tour'])).code, 2, 'a program has to say --yes');
  t.equal((await person.run(['server', 'remove', 'tour'], { input: 'n\n' })).code, 130);
  t.match(await program.json('server', 'show', 'tour'), { name: 'tour' }, 'it is still there');
  t.equal((await person.run(['server', 'remove', 'tour'], { input: 'y\n' })).code, 0);
  t.same(await program.json('server', 'list'), []);
});

t.test('secrets are read from standard input and printed by no command', async (t) => {
  const input = 'hidden-value-1\nhidden-value-2\n';
  const args = ['server', 'add', 'sealed', '--site', 'berlin', '--secret', 'FIRST', '--secret', 'SECOND', '--json'];
  const added = await program.run([...args, ...source], { input });
  t.equal(added.code, 0, added.stderr);
  t.same(Object.keys(JSON.parse(added.stdout).transport.env).sort(), ['FIRST', 'SECOND']);
  await program.json('server', 'set', 'sealed', '--env', 'OTHER=3');
  for (const words of [
    ['server', 'show', 'sealed'],
    ['server', 'list', '--json'],
    ['audit', 'list', '--json'],
    ['event'],
  ]) {
    const { stdout, stderr } = await program.run(words);
    t.notMatch(stdout + stderr, /hidden-value/, words.join(' '));
  }
  // It starts again with its new variable.
  await program.json('server', 'connect', 'sealed');
  const own = await program.run(['tool', 'call', 'get-env', '--server', 'sealed']);
  t.match(own.stdout, /"FIRST"/, 'the server has its variables');
  t.equal((await program.run(['server', 'remove', 'sealed', '-y'])).code, 0);
});

t.test('a server is connected, disconnected and restarted', async (t) => {
  await program.run(['server', 'add', 'moved', '--site', 'lisbon', '--register-only', ...source]);
  t.match(await program.json('server', 'show', 'moved'), { status: 'disconnected' });
  t.match(await person.run(['server', 'connect', 'moved']), { code: 0, stderr: /moved is connected after \d+ ms/ });
  const { runtime } = await program.json('server', 'show', 'moved');
  t.match(await person.run(['server', 'restart', 'moved']), { code: 0, stderr: 'moved is restarted' });
  t.not((await program.json('server', 'show', 'moved')).runtime.pid, runtime.pid, 'it is another process');
  t.match(await program.json('server', 'disconnect', 'moved'), { server: 'moved', status: 'disconnected' });
});

t.test('the log of a server is followed until Ctrl-C', async (t) => {
  await program.run(['server', 'add', 'loud', '--site', 'berlin', ...source]);
  const follow = program.start(t, ['server', 'logs', 'loud', '-f', '--json']);
  await follow.written('"message"');
  follow.interrupt();
  t.equal(await follow.ended, 130);
  for (const line of follow.stdout.trim().split('\n'))
    t.match(JSON.parse(line), { message: String, timestamp: String });
  const read = await person.run(['server', 'logs', 'loud', '--lines', '1']);
  t.equal(read.stdout.split('\n').length, 2, 'one line');
});

t.test('tools are listed, searched and shown', async (t) => {
  await program.run(['server', 'add', 'kit', '--site', 'berlin', ...source]);
  t.match((await person.run(['tool', 'list', '--server', 'kit'])).stdout, /^echo +kit +/m);
  t.equal((await program.json('tool', 'list', '--server', 'kit', '--limit', '2')).length, 2);
  t.match(await program.json('tool', 'search', 'echo', '--server', 'kit'), [{ name: 'echo', serverName: 'kit' }]);
  t.match(
    await program.json('tool', 'search', 'input Echoes', '--server', 'kit'),
    [{ name: 'echo' }],
    'words in any order',
  );
  t.match((await person.run(['tool', 'show', 'echo', '--server', 'kit'])).stdout, /^message +string +yes/m);
  const missing = await person.run(['tool', 'show', 'nothing']);
  t.match(missing, { code: 5, stderr: "no connected server has a tool 'nothing'" });
});

t.test('a tool is called with words, JSON or a file, and its arguments get their types', async (t) => {
  await program.run(['server', 'add', 'calls', '--site', 'berlin', ...source]);
  const at = ['--server', 'calls'];
  t.equal((await program.run(['tool', 'call', 'echo', 'message=42', ...at])).stdout, 'Echo: 42\n', 'text stays text');
  const sum = await program.run(['tool', 'call', 'get-sum', 'a=1', 'b=2', ...at]);
  t.match(sum.stdout, /3/, 'numbers are numbers');
  const asJson = await program.run(['tool', 'call', 'echo', '--args', '{"message":"hi"}', '--json', ...at]);
  t.match(JSON.parse(asJson.stdout), { content: [{ type: 'text', text: 'Echo: hi' }] });
  const piped = await program.run(['tool', 'call', 'echo', '--args-file', '-', ...at], { input: '{"message":"in"}' });
  t.equal(piped.stdout, 'Echo: in\n');
  t.match(await program.run(['tool', 'call', 'get-sum', 'a=x', 'b=2', ...at]), {
    code: 2,
    stderr: 'a: expected a value',
  });
  const wrong = await program.run(['tool', 'call', 'get-sum', '--args', '{"a":"x"}', ...at]);
  t.not(wrong.code, 0);
});

t.test('a call shows its progress on a terminal, and Ctrl-C cancels it', async (t) => {
  await program.run(['server', 'add', 'slow', '--site', 'lisbon', ...source]);
  const words = ['tool', 'call', 'trigger-long-running-operation', '--server', 'slow', 'duration=600', 'steps=1000'];
  const call = person.start(t, words);
  await call.written('of 1000');
  call.interrupt();
  t.equal(await call.ended, 130);
  t.equal(call.stdout, '');
  const entry = await hub.call('GET', '/api/tools/trigger-long-running-operation/history?limit=1');
  t.match(entry.body.data, [{ success: false, error: /cancel/i }], 'the hub knows that it ended');
});

t.test('agents and sites are listed and shown', async (t) => {
  t.match((await person.run(['site', 'list'])).stdout, /^berlin +1 of 1/m);
  t.match(await program.json('site', 'show', 'lisbon'), { name: 'lisbon', agents: [{ site: 'lisbon' }] });
  const [agent] = await program.json('agent', 'list');
  t.match((await person.run(['agent', 'show', agent.id])).stdout, /^status +connected$/m);
  t.match(await person.run(['agent', 'ping', agent.id]), { code: 0, stderr: /answered in \d+ ms/ });
  t.match(await person.run(['site', 'show', 'paris']), { code: 5, stderr: "there is no site 'paris'" });
  const status = await person.run(['status']);
  t.match(status.stdout, /^hub +healthy$/m);
  t.match(status.stdout, /^agents +2 of 2 connected$/m);
  t.match(await program.json('status'), {
    health: { status: 'healthy' },
    sites: [{ name: 'berlin' }, { name: 'lisbon' }],
  });
});

t.test('a table has colours on a terminal only, and none with NO_COLOR', async (t) => {
  const coloured = person.start(t, ['agent', 'list']);
  await coloured.ended;
  t.match(coloured.stdout, '\u001b[32mconnected');
  for (const options of [{ isTerminal: false }, { env: { NO_COLOR: '1' } }]) {
    const plain = person.start(t, ['agent', 'list'], options);
    await plain.ended;
    t.notMatch(plain.stdout, '\u001b[');
  }
});

t.test('exit codes tell programs what went wrong', async (t) => {
  const code = async (args: readonly string[], env = {}) => (await program.run(args, { env })).code;
  const low = await hub.key('viewer');
  t.equal(await code(['server', 'list', '--no-such-option']), 2);
  t.equal(await code(['server', 'list', '--json', '--yaml']), 2);
  t.equal(await code(['server']), 2);
  t.equal(await code(['site', 'list'], { ROUNDHOUSE_URL: 'http://127.0.0.1:1' }), 3);
  t.equal(await code(['site', 'list'], { ROUNDHOUSE_API_KEY: 'wrong' }), 4);
  t.equal(await code(['key', 'list'], { ROUNDHOUSE_API_KEY: low }), 4);
  t.equal(await code(['server', 'show', 'nothing']), 5);
  const failed = await program.run(['server', 'add', 'x', '--site', 'berlin', '--', 'no-such-program-here']);
  t.match(failed, { code: 6, stderr: "the command 'no-such-program-here' was not found" });
});

t.test('an agent is found by its id and by its site, whatever names other agents choose', async (t) => {
  const agents = await program.json('agent', 'list');
  const ofLisbon = agents.find(({ site }: { site: string }) => site === 'lisbon');
  const twin = await startAgent(t, hub, 'oslo', ['--name', ofLisbon.name]);
  const impostor = await startAgent(t, hub, 'oslo', ['--name', ofLisbon.id]);
  await startAgent(t, hub, 'oslo', ['--name', `${ofLisbon.name}@lisbon`]);
  const shown = async (name: string) => (await program.json('agent', 'show', name)).id;
  t.equal(await shown(ofLisbon.id), ofLisbon.id);
  t.equal(await shown(`${ofLisbon.name}@lisbon`), ofLisbon.id);
  t.equal(await shown(`${ofLisbon.name}@oslo`), twin.id);
  t.equal(await shown(impostor.id), impostor.id);
  t.match(await person.run(['agent', 'show', ofLisbon.name]), {
    code: 2,
    stderr: /several agents are named '.*': give NAME@SITE/,
  });
});
