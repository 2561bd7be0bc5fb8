import { basename, dirname, relative } from 'node:path';
import t from 'tap';
import { settings as agentSettings } from '../../agent/config.js';
import { parsePolicy } from '../../agent/policy/parse.js';
import { Policy } from '../../agent/policy/policy.js';
import { dockerMcpTable } from '../../hub/cli/docker-mcp/table.js';
import { CommandError } from '../../hub/cli/frame/failures.js';
import { parserOf } from '../../hub/cli/frame/program.js';
import { table } from '../../hub/cli/table.js';
import { settings } from '../../hub/config.js';
import { errorCodes } from '../../hub/domain/errors.js';
import { words } from '../kit/commands.js';
import {
  blocks,
  brokenLinks,
  manual,
  markdown,
  markdownFiles,
  prose,
  sentences,
  shellBlocks,
} from '../kit/markdown.js';
import { spec } from '../parts/agent/harness.js';
import { namedFiles } from '../runner/files.mjs';
import { readOptions } from '../runner/options.mjs';

/** The calls of `roundhouse` and of Docker's plugin in a block of commands, each as one line that begins with the program. */
function callsIn(block: string): string[] {
  return block
    .replaceAll(/\\\n\s*/g, ' ')
    .replaceAll(/\$\((?!npx|roundhouse)[^)]*\)/g, 'VALUE')
    .split('\n')
    .flatMap(
      (line) => /(?:^|[$|(;&]\s*|npx )((?:roundhouse|docker mcp) (?!@)[^|;&)<>]+)/.exec(line)?.[1]?.trim() ?? [],
    );
}

/** The settings of hub and agent as the environment has them. */
const names = [
  ...Object.keys(settings).map((name) => `ROUNDHOUSE_${name.toUpperCase()}`),
  ...Object.keys(agentSettings).map((name) => `ROUNDHOUSE_AGENT_${name.toUpperCase()}`),
];

t.test('an agent takes the site policy of the manual', async (t) => {
  const policies = blocks('docs/operate/policy.md', 'yaml').map(parsePolicy);
  t.match(policies, [{ images: { allow: ['ghcr.io/acme/*', 'mcp/time:1.*'] }, urls: { deny: ['http://*'] } }]);
});

t.test('the policies of the examples allow and refuse as their page says', async (t) => {
  const [look, packages, devices] = blocks('docs/examples/policies.md', 'yaml').map(
    (text) => new Policy(parsePolicy(text)),
  );
  t.equal(look?.readOnly, true);
  const line = (text: string) => {
    const [command = '', ...args] = text.split(' ');
    return spec({ transport: { case: 'stdio', value: { command, args, env: {} } } });
  };
  t.equal(packages?.server(line('npx -y @modelcontextprotocol/server-memory')), undefined);
  t.equal(packages?.server(line('uvx mcp-server-git --repository /srv')), undefined);
  t.match(packages?.server(line('uvx mcp-server-shell')), /does not allow the command/);
  t.match(packages?.server(line('rm -rf /srv')), /does not allow the command/);
  t.equal(packages?.permits('images', 'ghcr.io/acme/weather:1'), undefined);
  t.match(packages?.permits('images', 'docker.io/other'), 'docker.io/other');
  t.equal(packages?.url('https://mcp.example.com/mcp'), undefined);
  t.match(packages?.url('http://mcp.example.com/mcp'), 'http://mcp.example.com');
  t.equal(devices?.permits('device_commands', 'show version'), undefined);
  t.match(devices?.permits('device_commands', 'show running-config'), 'show running-config');
  t.match(devices?.permits('device_commands', 'configure terminal'), 'configure terminal');
  t.match(devices?.server(line('npx -y @modelcontextprotocol/server-memory')), /does not allow the command/);
});

t.test('the command line takes every line of the manual that calls it', async (t) => {
  const lines = [...manual(), 'deploy/cli/README.md'].flatMap((path) =>
    ['sh', 'text'].flatMap((language) =>
      blocks(path, language).flatMap((block) => callsIn(block).map((line) => [path, line])),
    ),
  );
  t.ok(lines.length > 30);
  for (const [path = '', line = ''] of lines) {
    const given = words(line);
    const isPlugin = line.startsWith('docker mcp ');
    let called: string | undefined;
    const parser = parserOf(isPlugin ? dockerMcpTable : table, '1.2.3', async ({ command }) => {
      called = command.name;
    });
    await parser.parseAsync(isPlugin ? given.slice(1) : given, { from: 'user' }).catch((error: unknown) => {
      // Another program runs the command, and has the table of its settings.
      if (!(error instanceof CommandError)) throw new Error(`${path}: ${line}: ${error}`);
      called = given[0];
    });
    t.ok(called, `${path}: ${line}`);
  }
});

t.test('every setting that the manual names exists', async (t) => {
  const ofCompose = markdown('deploy/compose/README.md').match(/ROUNDHOUSE_[A-Z_]+/g) ?? [];
  const others = [
    'ROUNDHOUSE_CONTEXT',
    'ROUNDHOUSE_CONTEXTS',
    'ROUNDHOUSE_REGISTRY',
    'ROUNDHOUSE_URL',
    'ROUNDHOUSE_AGENT_',
    ...ofCompose,
  ];
  for (const path of manual())
    for (const [name] of markdown(path).matchAll(/ROUNDHOUSE_[A-Z_]+/g))
      t.ok(names.includes(name) || others.includes(name), `${path}: ${name}`);
});

t.test('every `npm run` of every document is a script of the clone', async (t) => {
  const { scripts } = JSON.parse(markdown('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  for (const path of markdownFiles())
    for (const [, name = ''] of markdown(path).matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g))
      t.ok(Object.hasOwn(scripts, name), `${path}: ${name}`);
});

t.test('the runner knows every option, tier and file of every `npm test` in every document', async (t) => {
  const lines = markdownFiles().flatMap((path) =>
    Array.from(markdown(path).matchAll(/^(?:\| `)?npm test -- ([^\n`]+)/gm), ([, args = '']) => [path, args]),
  );
  t.ok(lines.length > 5);
  for (const [path = '', args = ''] of lines) {
    const { named } = readOptions(args.trim().split(' '));
    t.doesNotThrow(() => namedFiles(named), `${path}: ${args}`);
  }
});

t.test('every link in every document leads to a file and a heading', async (t) => {
  for (const path of markdownFiles()) t.same(brokenLinks(path), [], path);
});

t.test('every page of the manual is in its index, and the page of an error in the index of errors', async (t) => {
  const errors = 'docs/reference/errors.md';
  for (const path of markdownFiles('docs')) {
    const index = path.startsWith('docs/reference/errors/') ? errors : 'docs/README.md';
    if (path !== 'docs/README.md') t.ok(markdown(index).includes(`](${relative(dirname(index), path)})`), path);
  }
});

t.test('each error code has a page, and an anchor in the index', async (t) => {
  t.same(
    markdownFiles('docs/reference/errors').map((path) => basename(path, '.md')),
    [...errorCodes].sort(),
  );
  for (const code of errorCodes) {
    t.ok(markdown('docs/reference/errors.md').includes(`<a id="${code}">`), code);
    const [meaning, advice, again] = prose(`docs/reference/errors/${code}.md`)
      .split(/^(?:#.*|<!.*)$/m)
      .filter((text) => text.trim() !== '');
    for (const text of [meaning, advice, again]) t.match(text, /[A-Z].{10,}\.\n/, code);
  }
});

t.test('cron gets the commands of the backup as one line', async (t) => {
  const [line = ''] = blocks('docs/operate/backup.md', 'text');
  const [, command = ''] = /^(?:\S+ ){5}cd \S+ && (.*)\n$/.exec(line) ?? [];
  // cron takes a bare percent sign for the end of the command.
  const [backup = ''] = shellBlocks('docs/operate/backup.md', '+%F');
  t.equal(command.replaceAll('\\%', '%'), backup.trim().split('\n').join(' && '));
  t.notMatch(command, /[^\\]%/);
});

t.test(
  'each page that runs `npx roundhouse` says that this needs the clone: npm has a package of that name by others',
  async (t) => {
    for (const path of markdownFiles())
      if (markdown(path).includes('npx roundhouse')) t.match(markdown(path), /\bclone\b/, path);
  },
);

t.test('the comparison is dated, and its figures are those of the page of speed, with their method', async (t) => {
  const [comparison, speed] = [markdown('docs/comparison.md'), markdown('docs/speed.md')];
  t.match(comparison, /It was written on \d+ \w+ 20\d\d/);
  t.match(comparison, /medians of three rounds in turn.*\n.*Node 20\.20, on \d+ \w+ 20\d\d\./);
  const cells = (text: string) =>
    text.split('\n').flatMap((line) => (/^\| .* ms \|.* MiB \|$/.test(line) ? [line.split(' | ')] : []));
  const [compared, measured] = [cells(comparison), cells(speed)];
  t.equal(compared.length, 4);
  for (const [title = '', perSecond, p50, memory] of compared) {
    const [name = ''] = title.split(':');
    const row = measured.find(([first = '']) => first === name);
    t.same([row?.[1], row?.[2], row?.[5]], [perSecond, p50, memory], name);
  }
});

t.test('the README is a page: 200 lines at most, and no sentence over 30 words', async (t) => {
  t.ok(markdown('README.md').trimEnd().split('\n').length <= 200);
  for (const sentence of sentences('README.md')) t.ok(sentence.split(/\s+/).length <= 30, sentence);
});

t.test('commands of every document can be pasted into zsh, which knows no comments at a prompt', async (t) => {
  for (const line of markdownFiles()
    .flatMap((path) => shellBlocks(path))
    .join('')
    .split('\n')) {
    // A quote, a pattern or a pipe in the comment would have a meaning in zsh.
    if (line.startsWith('#')) t.match(line, /^# [\w ,.:/-]+$/, line);
    else t.notMatch(line, /(^|\s)#/, line);
  }
});
