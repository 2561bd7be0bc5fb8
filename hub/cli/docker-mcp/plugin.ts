import { connect } from 'node:net';
import type { Entry } from '../frame/command.js';
import type { Terminal } from '../frame/terminal.js';
import { metadataQuestion } from '../nouns/clients/docker-plugin.js';
import { placesOf } from '../nouns/hub/completion.js';

/** Docker's own options with a value. */
const dockerOptions = new Set(['--config', '-c', '--context', '-H', '--host', '-l', '--log-level']);
const dockerFiles = new Set(['--tlscacert', '--tlscert', '--tlskey']);

/** Docker's requests to its plugin. */
export type PluginCall =
  | { readonly kind: 'metadata' }
  | { readonly kind: 'complete'; readonly words: readonly string[] }
  | { readonly kind: 'run'; readonly argv: readonly string[] };

/** Reads the words that Docker passes to a plugin: Docker's whole command line. Docker's options, and `help`, come before `mcp`. */
export function readPluginCall(words: readonly string[]): PluginCall {
  if (words[0] === metadataQuestion) return { kind: 'metadata' };
  let isHelp = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (dockerOptions.has(word) || dockerFiles.has(word)) at++;
    else if (word === 'help') isHelp = true;
    else if (/^__complete/.test(word)) return { kind: 'complete', words: words.slice(at + 2) };
    else if (word === 'mcp') return { kind: 'run', argv: [...words.slice(at + 1), ...(isHelp ? ['--help'] : [])] };
  }
  return { kind: 'run', argv: ['--help'] };
}

/**
 * A terminal for a plugin. Docker 25 and later keep a socket open for the plugin. They close it when the user or the system ends the command, since
 * the signal itself may reach only Docker.
 */
export function pluginTerminal(terminal: Terminal): Terminal {
  const { DOCKER_CLI_PLUGIN_SOCKET: name } = terminal.env;
  if (!name) return terminal;
  const listeners = new Set<() => void>();
  // Linux: `@` stands for an address without a file.
  const socket = connect(name.replace(/^@/, '\0'));
  socket.once('end', () => {
    for (const listener of listeners) listener();
  });
  socket.on('error', () => {});
  socket.resume();
  socket.unref();
  return {
    ...terminal,
    onInterrupt(listener) {
      const release = terminal.onInterrupt(listener);
      listeners.add(listener);
      return () => {
        release();
        listeners.delete(listener);
      };
    },
  };
}

/** Completes the last of some words, in the form of Docker's own completion: `4` means that files are not completed. */
export function writeCompletions(
  table: readonly Entry[],
  words: readonly string[],
  { stdout }: Pick<Terminal, 'stdout'>,
): void {
  const before = words.slice(0, -1);
  const places = placesOf(table);
  const [place] = [before.slice(0, 2), before.slice(0, 1), []].flatMap(
    (path) => places.find((one) => one.path === path.join(' ')) ?? [],
  );
  const last = words.at(-1) ?? '';
  const choices = place?.values[before.at(-1) ?? ''];
  const fitting = choices?.map((word) => ({ word, help: '' })) ?? place?.words ?? [];
  const lines = fitting.filter(({ word }) => word.startsWith(last)).map(({ word, help }) => `${word}\t${help}\n`);
  stdout.write(`${lines.join('')}:${choices?.length === 0 ? 0 : 4}\n`);
}
