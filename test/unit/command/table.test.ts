import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Call, parserOf } from '../../../hub/cli/frame/program.js';
import { completionScript } from '../../../hub/cli/nouns/hub/completion.js';
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

t.test('summaries are sentences without a full stop, and each option has a description', (t) => {
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

/** A zsh with its completion system, in which Tab writes all completions into the line, and Ctrl-X ends the line. */
const interactive = `PS1= PS2= RPS1=
autoload -Uz compinit && compinit -u -D
source $SCRIPT
all-matches() { _main_complete; compstate[insert]=all; compstate[list]= }
zle -C all-matches complete-word all-matches
bindkey '^I' all-matches
end-line() { print -r -- "$BUFFER" >> $COMPLETED; BUFFER=; print -- -DONE- }
zle -N end-line
bindkey '^X' end-line
print -- -DONE-
`;

/** Types lines into it, on a terminal of its own. */
const typist = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'source $INTERACTIVE'
zpty -r -m shell seen '*-DONE-*'
for line in "$@"; do
  zpty -w -n shell "$line"$'\t\x18'
  zpty -r -m shell seen '*-DONE-*'
done
zpty -d shell
`;

t.test('zsh completes nouns, verbs, options and their choices', (t) => {
  if (!part(t, 'zsh')) return t.end();
  const folder = tempFolder(t, { interactive, typist, script: completionScript('zsh', table), completed: '' });
  const env = {
    ...{ ...process.env, TERM: 'dumb', HOME: folder },
    SCRIPT: join(folder, 'script'),
    INTERACTIVE: join(folder, 'interactive'),
    COMPLETED: join(folder, 'completed'),
  };
  const lines = ['ser', 'server lis', 'server ', 'server logs files --fol', 'server list --status ', 'status --js'];
  const typed = lines.map((line) => `roundhouse ${line}`);
  const { stderr } = spawnSync('zsh', ['-f', join(folder, 'typist'), ...typed], { cwd: folder, env, encoding: 'utf8' });
  t.equal(stderr, '');
  const [noun, verb, verbs = '', ...others] = readFileSync(env.COMPLETED, 'utf8').trim().split(/ *\n/);
  t.same([noun, verb], ['roundhouse server', 'roundhouse server list']);
  t.ok(
    ['list', 'add', 'logs'].every((word) => verbs.split(' ').includes(word)),
    verbs,
  );
  t.same(others, [
    'roundhouse server logs files --follow',
    'roundhouse server list --status connected disconnected error',
    'roundhouse status --json',
  ]);
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
