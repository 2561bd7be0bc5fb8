import { Command as Parser, Option as ParserOption } from 'commander';
import type { Command, Entry, Noun, OptionSpec } from './command.js';
import { CommandError, exitCodes } from './failures.js';

/** A parsed command line. */
export interface Call {
  readonly command: Command;
  readonly options: Readonly<Record<string, unknown>>;
  readonly args: Readonly<Record<string, unknown>>;
}

const connectionOptions: Readonly<Record<string, OptionSpec<unknown>>> = {
  hub: { placeholder: '<url>', help: "the hub (default: the current context's, or the hub of this machine)" },
  context: { placeholder: '<name>', help: "a hub that 'roundhouse context add' named" },
  key: { placeholder: '<key>', help: 'API key; other users of this machine can see it: prefer --key-file' },
  keyFile: { placeholder: '<file>', help: 'file that holds the API key' },
  data: {
    placeholder: '<dir>',
    help: 'data folder of a hub, for its address and first-key (default: ./data, for its first-key)',
  },
};

const formOptions: Readonly<Record<string, OptionSpec<unknown>>> = {
  json: { help: 'the result as JSON; a stream as a line of JSON for each item' },
  yaml: { help: 'the result as YAML' },
  quiet: { help: 'only the ids or names, or nothing', short: 'q' },
};

export const isNoun = (entry: Entry): entry is Noun => 'commands' in entry;
export const isCommand = (entry: Entry): entry is Command => 'run' in entry;

/** The options of a command, its own first. */
export function optionsOf(command: Command): Readonly<Record<string, OptionSpec<unknown>>> {
  return {
    ...command.options,
    ...(command.hub === 'none' ? {} : connectionOptions),
    ...(command.isPlain ? {} : formOptions),
  };
}

/** An option's name on the command line: `perMinute` is `--per-minute`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A program of commands: its name and purpose. */
export interface Program {
  readonly name: string;
  readonly description: string;
}

const roundhouse: Program = {
  name: 'roundhouse',
  description: 'Run a fleet of MCP servers, Docker hosts, Kubernetes clusters and network devices from one place.',
};

/** The parser of a whole table. `onCall` gets the command that the user called. */
export function parserOf(
  table: readonly Entry[],
  version: string,
  onCall: (call: Call) => Promise<void>,
  { name, description }: Program = roundhouse,
): Parser {
  const parser = new Parser(name)
    .description(description)
    .version(version)
    .exitOverride()
    // The program's own options come before the noun: the `--version` of `server update` is another option.
    .enablePositionalOptions()
    .addHelpText('after', () => `\n${exitCodeText()}\n\n'${name} help NOUN' tells more about one of them.`);
  for (const entry of table) parser.addCommand(parserOfEntry(entry, onCall));
  return parser;
}

/** The exit codes, for people. */
export function exitCodeText(): string {
  const lines = Object.values(exitCodes).map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`);
  return ['Exit codes:', ...lines].join('\n');
}

/** A parser that throws an error in place of ending the process. */
function newParser(name: string, summary: string): Parser {
  return new Parser(name).summary(summary).description(sentence(summary)).exitOverride();
}

function parserOfEntry(entry: Entry, onCall: (call: Call) => Promise<void>): Parser {
  if (isCommand(entry)) return parserOfCommand(entry, onCall);
  const parser = newParser(entry.name, entry.summary);
  if (isNoun(entry)) {
    for (const below of entry.commands) parser.addCommand(parserOfEntry(below, onCall));
    return parser;
  }
  const missing = `'${entry.name}' is run by another package of Roundhouse, which is not installed here`;
  return parser
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new CommandError(missing);
    });
}

function parserOfCommand(command: Command, onCall: (call: Call) => Promise<void>): Parser {
  const { name, summary, example, args } = command;
  const parser = newParser(name, summary);
  for (const [argument, { help, kind }] of Object.entries(args)) {
    const word = argument.toLowerCase();
    parser.argument(kind === 'required' ? `<${word}>` : kind === 'optional' ? `[${word}]` : `[${word}...]`, help);
  }
  parser.optionsGroup('Options:');
  for (const [option, spec] of Object.entries(command.options)) parser.addOption(parserOption(option, spec));
  if (command.hub !== 'none') {
    parser.optionsGroup('Which hub:');
    for (const [option, spec] of Object.entries(connectionOptions)) parser.addOption(parserOption(option, spec));
  }
  if (!command.isPlain) {
    parser.optionsGroup('Form of the result:');
    for (const [option, spec] of Object.entries(formOptions)) {
      const others = Object.keys(formOptions).filter((other) => other !== option);
      parser.addOption(parserOption(option, spec).conflicts(others));
    }
  }
  return parser.addHelpText('after', `\nExample:\n  ${example}`).action(async (...given: unknown[]) => {
    const values = given.slice(0, Object.keys(args).length);
    await onCall({
      command,
      options: { ...unset(command), ...parser.opts() },
      args: Object.fromEntries(Object.keys(args).map((argument, n) => [argument, values[n]])),
    });
  });
}

const sentence = (summary: string) => `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;

/** The values of absent options that have no default in the parser. */
function unset({ options }: Command): Record<string, unknown> {
  const missing = Object.entries(options).filter(
    ([, { placeholder, repeated }]) => repeated || placeholder === undefined,
  );
  return Object.fromEntries(missing.map(([name, { repeated }]) => [name, repeated ? [] : false]));
}

function parserOption(name: string, spec: OptionSpec<unknown>): ParserOption {
  const { placeholder, help, short, choices, parse, repeated, required, fallback, fallbackText } = spec;
  // `--url` is the older name of `--hub`.
  const long = name === 'hub' ? '--url, --hub' : flagOf(name);
  const flags = [short === undefined ? '' : `-${short}, `, long, placeholder === undefined ? '' : ` ${placeholder}`];
  const option = new ParserOption(flags.join(''), help);
  if (choices) option.choices([...choices]);
  if (parse) option.argParser(parse);
  if (repeated) option.argParser((text: string, before: readonly string[] = []) => [...before, text]);
  if (required) option.makeOptionMandatory();
  if (fallback !== undefined && placeholder !== undefined) option.default(fallback, fallbackText);
  return option;
}
