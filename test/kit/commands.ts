import { join } from 'node:path';
import type { Test } from 'tap';
import { parseAllDocuments } from 'yaml';
import type { Command, Entry } from '../../hub/cli/frame/command.js';
import { isCommand, isNoun } from '../../hub/cli/frame/program.js';
import { table } from '../../hub/cli/table.js';
import type { CommandLine } from './command-line.js';
import { recorded } from './program.js';

/** The commands of a table, each with the words that call it. Other programs run the external ones, which are left out. */
export function commandsOf(entries: readonly Entry[]): [string, Command][] {
  return entries.flatMap((entry): [string, Command][] => {
    if (isCommand(entry)) return [[entry.name, entry]];
    return isNoun(entry)
      ? entry.commands.filter(isCommand).map((command) => [`${entry.name} ${command.name}`, command])
      : [];
  });
}

/** All commands of `roundhouse`. */
export const commands = commandsOf(table);

/** The words of an example as a shell reads them, without the program and without redirections. */
export function words(example: string): string[] {
  const line = example.replace(/^source <\((.*)\)$/, '$1').replace(/ > \S+$/, '');
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '').slice(1);
}

/** A table for a person at a terminal, and the forms for programs. */
export const forms = ['plain', 'json', 'yaml', 'quiet'] as const;
export type Form = (typeof forms)[number];

/** The forms in which a command has a result. */
const formsOf = ({ isPlain }: Command): readonly Form[] => (isPlain ? ['plain'] : forms);

/** The commands that need more than a hub and its sites, by the test file that runs them. */
export const elsewhere = {
  'cli-parts': {
    docker: ['hosts', 'list', 'images', 'show', 'logs', 'start', 'stop', 'restart', 'exec', 'remove', 'pull'],
    cluster: ['show', 'check', 'namespaces', 'pods', 'logs', 'exec', 'deployments', 'restart', 'scale'],
    device: ['connect', 'disconnect', 'run', 'config', 'configure', 'backup', 'backups'],
  },
  'cli-registry': { registry: ['search', 'show', 'add'] },
  'mcp-modern-stdio': { mcp: [''] },
} as const;

/** The names of the commands that a test file runs. `nouns`: only those of these nouns. */
export function runElsewhere(file: keyof typeof elsewhere, nouns?: readonly string[]): string[] {
  return Object.entries<readonly string[]>(elsewhere[file])
    .filter(([noun]) => nouns?.includes(noun) ?? true)
    .flatMap(([noun, verbs]) => verbs.map((verb) => `${noun} ${verb}`.trim()));
}

/** Checks that this process ran each command that {@link elsewhere} gives to a test file, in each of its forms. */
export function allCalled(t: Test, file: keyof typeof elsewhere, nouns?: readonly string[]): void {
  const known = new Map(commands);
  const called = new Set(
    recorded.map(({ args, isTerminal }) => {
      const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
      const name = [own.slice(0, 2).join(' '), own[0] ?? ''].find((words) => known.has(words));
      const asked = forms.find((form) => own.includes(`--${form}`));
      // Without a form, a program gets the text for people, which is no table at a terminal.
      return `${name} as ${asked ?? (isTerminal || known.get(name ?? '')?.isPlain ? 'plain' : 'text')}`;
    }),
  );
  const expected = runElsewhere(file, nouns).flatMap((name) => {
    const command = known.get(name);
    return (command ? formsOf(command) : forms).map((form) => `${name} as ${form}`);
  });
  t.same(
    expected.filter((call) => !called.has(call)),
    [],
    `${nouns?.join(', ') ?? file}: each command ran in each form`,
  );
}

export interface Call {
  readonly args?: readonly string[];
  readonly input?: string;
  /** Default: 0. */
  readonly code?: number;
}

/** How a command ended. */
type Ended = Awaited<ReturnType<CommandLine['run']>>;

/** Commands that print the items of a stream. */
const streams = ['event', 'server logs', 'docker logs'];

/** The values that a program reads from the output of a command. */
function valuesIn(name: string, form: 'json' | 'yaml', output: string): unknown[] {
  if (form === 'yaml')
    return parseAllDocuments(output).map((document) => {
      const [error] = document.errors;
      if (error) throw error;
      return document.toJS();
    });
  return (streams.includes(name) ? output.split('\n').filter(Boolean) : [output]).map((text) => JSON.parse(text));
}

/** Whether a value has content: a member, an element, a character. */
const holdsSomething = (value: unknown) => value !== null && Object.keys(Object(value)).length > 0;

/** Runs a command for a person at a terminal, who sees tables with coloured headings, and for programs, which parse the result. */
export async function inEachForm(
  t: Test,
  cli: CommandLine,
  name: string,
  callOf: (form: Form) => Call | Promise<Call>,
): Promise<void> {
  const command = new Map(commands).get(name);
  if (!command) throw new Error(`there is no command '${name}'`);
  let kinds: string[] = [];
  for (const form of formsOf(command)) {
    const { args = [], input = '', code = 0 } = await callOf(form);
    const words = [...name.split(' '), ...(form === 'plain' ? [] : [`--${form}`]), ...args];
    const figures = process.env.BENCH_COMMANDS;
    const ended: Ended = await (figures !== undefined && form === formsOf(command)[command.isPlain ? 0 : 1]
      ? cli.measured(join(figures, name), words, input)
      : cli.run(words, { input, isTerminal: form === 'plain' }));
    t.equal(ended.code, code, `${words.join(' ')}: ${ended.stderr}`);
    const isTable = /^[A-Z][A-Z ]* {2}[A-Z]/.test(ended.stdout);
    t.equal(ended.raw.startsWith('\u001b[1m'), isTable && form === 'plain', `${name}: colours of the headings`);
    if (form !== 'plain') t.equal(ended.raw, ended.stdout, `${name}: a program gets no colours`);
    if (form === 'quiet' && !streams.includes(name)) t.notMatch(ended.stdout, /\S {2,}\S/, `${name}: no columns`);
    if (form === 'plain') t.not(ended.stdout + ended.stderr, '', `${name}: a person sees the result`);
    if (form !== 'json' && form !== 'yaml') continue;
    const values = valuesIn(name, form, ended.stdout);
    t.ok(values.some(holdsSomething), `${name}: a program reads the result: ${ended.stdout.slice(0, 200)}`);
    const read = values.map((value) => typeof value);
    if (form === 'json') kinds = [...new Set(read)];
    // Any table is a text of YAML.
    t.same([...new Set(read)], kinds, `${name}: ${ended.stdout.slice(0, 200)}`);
  }
}
