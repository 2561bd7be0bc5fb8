import { Readable, Writable } from 'node:stream';
import { systemSentence } from '@roundhouse/proto/system-errors';
import { shownLines } from '@roundhouse/proto/text';
import { CommanderError, type Command as Parser } from 'commander';
import { version } from '../host/package.js';
import type { Entry } from './frame/command.js';
import { clientOf, connectionOf, explained, type HubOptions } from './frame/connection.js';
import { CommandError, exitCodes, failureOf, Interrupted } from './frame/failures.js';
import { type Form, Output } from './frame/output.js';
import { type Call, type Program, parserOf } from './frame/program.js';
import { processTerminal, type Terminal } from './frame/terminal.js';
import { metadata } from './nouns/clients/docker-plugin.js';
import { table } from './table.js';

export { table } from './table.js';
export { exitCodes };

/** All commands of Docker's plugin, for the reference. */
export const dockerMcpTable = async () => (await import('./docker-mcp/table.js')).dockerMcpTable;

/** The JSON Schema of the files that describe a fleet, for the reference. */
export const fleetSchema = async () => (await import('./fleet/document.js')).fleetSchema();
export const workflowSchema = async () => (await import('./fleet/document.js')).workflowSchema();

/** Runs one `roundhouse` command. `argv` holds the arguments after the program's name. Resolves with the exit code. */
export async function run(argv: readonly string[], terminal: Terminal = processTerminal): Promise<number> {
  // Docker's plugin, which 'roundhouse docker-plugin install' makes: only Docker calls it.
  if (argv[0] === 'docker-mcp') return runPlugin(argv.slice(1), terminal);
  return runTable(table, argv, terminal);
}

/** A fleet with a server, whose check takes the most time of a plan. */
const sampleFleet = 'apiVersion: roundhouse/v1\nservers: {a: {transport: {type: stdio, command: a}}}\ngroups: {b: {}}';

/** Runs commands without a hub, so that V8's compiled code of their functions can be stored for the next start. */
export async function preload(): Promise<void> {
  const noHub = ['--hub', 'http://127.0.0.1:0', '--key', 'none'];
  const { done, unreachable } = exitCodes;
  const expected = [
    [done, ['--help']],
    [done, ['export', '--schema']],
    [unreachable, ['status', ...noHub]],
    [unreachable, ['plan', '-f', '-', ...noHub]],
  ] as const;
  for (const [[code], words] of expected) {
    const ended = await run(words, {
      stdin: Readable.from([sampleFleet]),
      stdout: new Writable({ write: (_chunk, _encoding, done) => done() }),
      stderr: new Writable({ write: (_chunk, _encoding, done) => done() }),
      ...{ env: {}, home: '', onInterrupt: () => () => {} },
    });
    if (ended !== code) throw new Error(`'roundhouse ${words.join(' ')}' ended with ${ended}, and ${code} is right`);
  }
}

/** Runs a command of `docker mcp`. */
async function runPlugin(words: readonly string[], terminal: Terminal): Promise<number> {
  const { pluginTerminal, readPluginCall, writeCompletions } = await import('./docker-mcp/plugin.js');
  const call = readPluginCall(words);
  if (call.kind === 'metadata') terminal.stdout.write(`${metadata}\n`);
  else {
    const { dockerMcpTable } = await import('./docker-mcp/table.js');
    const description = 'Manage the MCP servers of a Roundhouse hub for yourself.';
    if (call.kind === 'run')
      return runTable(dockerMcpTable, call.argv, pluginTerminal(terminal), { name: 'docker mcp', description });
    writeCompletions(dockerMcpTable, call.words, terminal);
  }
  return exitCodes.done[0];
}

async function runTable(
  commands: readonly Entry[],
  argv: readonly string[],
  terminal: Terminal,
  program?: Program,
): Promise<number> {
  // The parsers of all other entries are needed only for the help of the program.
  const named = commands.filter(({ name }) => name === argv[0]);
  const parser = configured(
    parserOf(named.length > 0 ? named : commands, version, (call) => start(call, terminal), program),
    terminal,
  );
  // An error of standard output ends a command, see below. It must not end the process, even after the command.
  terminal.stdout.on('error', () => {});
  const code = await codeOf(parser, argv, terminal);
  const lost = await lostOutput(terminal);
  if (lost === undefined) return code;
  terminal.stderr.write(`roundhouse: ${lost}\n`);
  return exitCodes.failed[0];
}

/**
 * Waits until standard output is written. Returns a sentence if the output is lost, for example on a full disk; `undefined` if the reader has it or
 * has gone away.
 */
async function lostOutput({ stdout }: Terminal): Promise<string | undefined> {
  await new Promise((resolve) => stdout.write('', resolve));
  const error = stdout.errored as NodeJS.ErrnoException | null;
  if (!error || error.code === 'EPIPE') return undefined;
  return `the output is not complete: ${systemSentence(error)}`;
}

/** Runs the command of a command line, and prints its failure. Resolves with the exit code. */
async function codeOf(parser: Parser, argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await parser.parseAsync([...argv], { from: 'user' });
    return exitCodes.done[0];
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done[0] : exitCodes.usage[0];
    const failure = failureOf(error);
    if (!failure) throw error;
    if (failure.message !== '') terminal.stderr.write(`roundhouse: ${shownLines(failure.message)}\n`);
    return exitCodes[failure.reason][0];
  }
}

/** Lets a parser and those below it write to the terminal. */
function configured(parser: Parser, terminal: Terminal): Parser {
  parser.configureOutput({
    writeOut: (text) => terminal.stdout.write(text),
    writeErr: (text) => terminal.stderr.write(text),
    outputError: (text, write) => write(shownLines(text.replace(/^error: /, 'roundhouse: '))),
    getOutHelpWidth: () => terminal.stdout.columns ?? 80,
    getErrHelpWidth: () => terminal.stderr.columns ?? 80,
  });
  for (const below of parser.commands) configured(below, terminal);
  return parser;
}

async function start({ command, options, args }: Call, terminal: Terminal): Promise<void> {
  const given = options as HubOptions & Readonly<Partial<Record<Exclude<Form, 'people'>, boolean>>>;
  const form = (['json', 'yaml', 'quiet'] as const).find((name) => given[name]) ?? 'people';
  const out = new Output(terminal, form);
  const interrupt = new AbortController();
  const release = terminal.onInterrupt(() => interrupt.abort(new Interrupted()));
  // The reader of a pipe has closed it (`| head`): the command ends successfully.
  const closed = () => interrupt.abort(new CommandError('', 'done'));
  terminal.stdout.on('error', closed);
  let hub = '';
  const connection = async (other: HubOptions = given) => {
    const found = await connectionOf(other, terminal);
    hub = found.hub;
    return found;
  };
  try {
    const context = { options, args, out, terminal, signal: interrupt.signal, connection };
    if (command.hub === 'client')
      await command.run({ ...context, hub: await clientOf(await connection(), out.progress) });
    else await command.run(context);
  } catch (error) {
    if (interrupt.signal.aborted) throw interrupt.signal.reason;
    throw await explained(error, hub);
  } finally {
    terminal.stdout.off('error', closed);
    release();
    out.progress.stop();
  }
}
