import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { completionScript } from '../../../hub/cli/frame/completion.js';
import { type Call, parserOf } from '../../../hub/cli/frame/program.js';
import { table } from '../../../hub/cli/table.js';
import { commands, words } from '../../kit/commands.js';
import { part } from '../../parts.js';
import { tempFolder } from '../../temp-folder.js';

t.test('the example of each command is a call of that command', async (t) => {
  for (const [path, command] of commands) {
    let called: Call | undefined;
    const parser = parserOf(table, '1.2.3', async (call) => {
      called = call;
    });
    await parser.parseAsync(words(command.example), { from: 'user' });
    t.equal(called?.command, command, path);
  }
});

t.test('summaries are sentences without a full stop, and options explain themselves', (t) => {
  for (const [path, { summary, options, args }] of commands) {
    t.match(summary, /^[a-z].*[^.]$/, path);
    for (const [name, { help, choices }] of Object.entries(options)) t.ok(help !== '' || choices, `${path} --${name}`);
    for (const [name, { help }] of Object.entries(args)) t.not(help, '', `${path} ${name}`);
  }
  t.end();
});

/** Asks bash for its completions of a line. */
function bash(line: string): string[] {
  const given = line.split(' ');
  const script = `${completionScript('bash', table)}
COMP_WORDS=(${given.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${given.length - 1}; _roundhouse
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc'], { input: script, encoding: 'utf8' });
  if (stderr) throw new Error(stderr);
  return stdout.split('\n').filter(Boolean);
}

t.test('bash completes nouns, verbs, options and their choices', (t) => {
  t.same(bash('roundhouse ser'), ['server']);
  t.ok(['list', 'add', 'logs'].every((verb) => bash('roundhouse server ').includes(verb)));
  t.same(bash('roundhouse server lis'), ['list']);
  t.same(bash('roundhouse server logs files --fol'), ['--follow']);
  t.same(bash('roundhouse server list --status '), ['connected', 'disconnected', 'error']);
  t.same(bash('roundhouse status --js'), ['--json']);
  t.same(bash('roundhouse key create --name '), [], 'a value that the shell cannot know');
  t.end();
});

/** Asks zsh for its completions of a line: the functions of its completion system write down what they are given. */
function zsh(line: string): string[] {
  const given = line.split(' ');
  const script = `compdef() { :; }
_files() { :; }
compadd() { shift; print -l -- "$@"; }
_describe() { print -l -- \${(P)2%%:*}; }
${completionScript('zsh', table)}
words=(${given.map((word) => `'${word}'`).join(' ')}); CURRENT=${given.length}; _roundhouse`;
  const { stdout, stderr } = spawnSync('zsh', ['-f'], { input: script, encoding: 'utf8' });
  if (stderr) throw new Error(stderr);
  return stdout.split('\n').filter(Boolean);
}

t.test('zsh offers nouns, verbs, options and their choices', (t) => {
  if (!part(t, 'zsh')) return t.end();
  t.ok(zsh('roundhouse ').includes('server'));
  t.ok(['list', 'add', 'logs'].every((verb) => zsh('roundhouse server ').includes(verb)));
  t.ok(zsh('roundhouse server logs ').includes('--follow'));
  t.same(zsh('roundhouse server list --status '), ['connected', 'disconnected', 'error']);
  t.end();
});

t.test('fish completes nouns, verbs, options and their choices', (t) => {
  if (!part(t, 'fish')) return t.end();
  const script = join(tempFolder(t, { 'roundhouse.fish': completionScript('fish', table) }), 'roundhouse.fish');
  /** Asks fish for its completions of a line, without their descriptions. */
  const fish = (line: string) => {
    const words = ['--no-config', '-c', `source '${script}'; complete -C '${line}'`];
    const { stdout, stderr } = spawnSync('fish', words, { encoding: 'utf8' });
    t.equal(stderr, '');
    return stdout.split('\n').flatMap((row) => row.split('\t')[0] || []);
  };
  t.same(fish('roundhouse ser'), ['server']);
  const verbs = fish('roundhouse server ');
  t.ok(
    ['list', 'add', 'logs'].every((verb) => verbs.includes(verb)),
    verbs.join(' '),
  );
  t.notOk(verbs.includes('status'), 'no nouns behind a noun');
  t.same(fish('roundhouse server lis'), ['list']);
  t.same(fish('roundhouse server logs files --fol'), ['--follow']);
  t.same(fish('roundhouse server list --status ').sort(), ['connected', 'disconnected', 'error']);
  t.same(fish('roundhouse status --js'), ['--json']);
  t.notOk(fish('roundhouse server list --fol').includes('--follow'), 'no options of another verb');
  t.end();
});
