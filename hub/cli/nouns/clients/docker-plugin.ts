import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { version } from '../../../host/package.js';
import { flag, localCommand, type Noun, text, yes } from '../../frame/command.js';
import { ContextFile } from '../../frame/contexts.js';
import { CommandError } from '../../frame/failures.js';
import { confirm } from '../../frame/prompt.js';
import type { Terminal } from '../../frame/terminal.js';
import { programFile } from '../../frame/terminal.js';

/** Docker's question about a plugin. It comes before each command of the plugin. */
export const metadataQuestion = 'docker-cli-plugin-metadata';

/** The answer (https://docs.docker.com/engine/extend/cli_plugins/). */
export const metadata: string = JSON.stringify({
  SchemaVersion: '0.1.0',
  Vendor: 'Roundhouse',
  Version: version,
  ShortDescription: 'MCP servers of a Roundhouse hub',
  URL: 'https://github.com/roundhouse/roundhouse',
});

/** The line that marks a plugin of Roundhouse. */
const mark = '# The plugin of Roundhouse for docker mcp.';

const folder = {
  folder: text('<dir>', "where Docker's plugins lie (default: cli-plugins in Docker's folder of this user)"),
};

/** `roundhouse docker-plugin`. */
export const dockerPlugin: Noun = {
  name: 'docker-plugin',
  summary: "Docker's command 'docker mcp' for the hub",
  commands: [
    localCommand({
      name: 'install',
      summary: "make 'docker mcp' manage the servers of the hub's catalog",
      example: 'roundhouse docker-plugin install',
      options: {
        ...folder,
        context: text('<name>', 'the hub that it manages; default: as for every command'),
        replace: flag("replace another plugin of this name, such as Docker's own"),
      },
      async run({ options, out, terminal }) {
        if (process.platform === 'win32')
          throw new CommandError('Docker for Windows takes programs only: run this in WSL');
        const { context } = options;
        if (context !== undefined) await new ContextFile(terminal.env, terminal.home).get(context);
        const file = fileOf(options.folder, terminal);
        if ((await ownerOf(file)) === 'other' && !options.replace)
          throw new CommandError(`${file} is another plugin: give --replace to replace it`);
        await write(file, script([process.execPath, await programFile()], context));
        await out.done(`'docker mcp' manages the hub: ${file}`, { file, installed: true });
      },
    }),
    localCommand({
      name: 'remove',
      summary: "remove 'docker mcp'",
      example: 'roundhouse docker-plugin remove --yes',
      options: { ...folder, yes },
      async run({ options, out, terminal }) {
        const file = fileOf(options.folder, terminal);
        const owner = await ownerOf(file);
        if (owner === 'none') throw new CommandError(`there is no plugin ${file}`, 'missing');
        if (owner === 'other') throw new CommandError(`${file} is another plugin`);
        await confirm(out, `Remove ${file}?`, options.yes);
        await rm(file);
        await out.done(`${file} is removed`, { file, installed: false });
      },
    }),
  ],
};

function fileOf(folder: string | undefined, { env, home }: Terminal): string {
  return join(resolve(folder ?? join(env.DOCKER_CONFIG || join(home, '.docker'), 'cli-plugins')), 'docker-mcp');
}

/** The owner of the plugin in a file. The plugin of another program may be a large file. */
async function ownerOf(file: string): Promise<'roundhouse' | 'other' | 'none'> {
  try {
    return (await readFile(file, 'latin1')).includes(mark) ? 'roundhouse' : 'other';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    throw error;
  }
}

/**
 * The plugin: Docker runs it with its own command line. It tells Docker about itself without starting a program. A context in the environment
 * wins over the installed one.
 */
function script(program: readonly string[], context: string | undefined): string {
  const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
  const answer = `[ "$1" = ${metadataQuestion} ] && echo ${quoted(metadata)} && exit`;
  const lines =
    context === undefined ? [] : [`[ "$ROUNDHOUSE_CONTEXT" ] || export ROUNDHOUSE_CONTEXT=${quoted(context)}`];
  return ['#!/bin/sh', mark, answer, ...lines, `exec ${program.map(quoted).join(' ')} docker-mcp "$@"`, ''].join('\n');
}

/** Replaces the plugin in one step: Docker may run it at any time. */
async function write(file: string, content: string): Promise<void> {
  await mkdir(resolve(file, '..'), { recursive: true });
  const draft = `${file}.${process.pid}.draft`;
  try {
    await writeFile(draft, content, { mode: 0o755 });
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
