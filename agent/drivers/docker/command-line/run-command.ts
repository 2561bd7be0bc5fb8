import { readFile } from 'node:fs/promises';
import type { ContainerCreateOptions } from 'dockerode';
import { AgentFailure } from '../../../failure.js';
import { serverEnvironment } from '../../process/environment.js';
import { engineName, type ImageReference, parseReference } from '../reference.js';
import { emptyRun, type RunOptions, type Setter, valueFlags, whetherFlags } from './run-flags.js';

/** A command line that names an image instead of a program: the container that `docker run` would make and start. */
export interface RunCommand {
  readonly kind: 'run';
  readonly image: ImageReference;
  /** The index of the argument that names the image. */
  readonly at: number;
  /** The container's arguments; empty for the image's default. */
  readonly args: readonly string[];
  readonly options: RunOptions;
}

/** A use of docker that the agent leaves to the docker program; `reason` says why. */
export interface LeftCommand {
  readonly kind: 'left';
  readonly reason: string;
}

/** A command that cannot work; `reason` names the fault. */
export interface WrongCommand {
  readonly kind: 'wrong';
  readonly reason: string;
}

export type DockerCommand = RunCommand | LeftCommand | WrongCommand;

/**
 * Recognises `docker run [flags] image [args]` and `docker container run …`. `undefined` for any other program.
 * Reasons name flags, never their values: those may be secrets.
 */
export function parseDockerCommand(command: string, args: readonly string[]): DockerCommand | undefined {
  if (command.slice(command.lastIndexOf('/') + 1) !== 'docker') return undefined;
  const rest = args[0] === 'container' ? args.slice(1) : args;
  if (rest[0] !== 'run') return { kind: 'left', reason: 'it is not `docker run`' };
  const read = readFlags(rest.slice(1));
  if (read.kind !== 'flags') return read;
  const [name, ...after] = read.args;
  if (name === undefined) return { kind: 'wrong', reason: '`docker run` names no image' };
  if (/^(sha256:)?[0-9a-f]{64}$/.test(name)) return { kind: 'left', reason: 'it names an image by its id' };
  const image = parseReference(name);
  if (image === undefined) return { kind: 'wrong', reason: `'${name.slice(0, 200)}' is not the name of an image` };
  return { kind: 'run', image, at: args.length - read.args.length, args: after, options: read.options };
}

/** The variables that a command line itself gives a container, with their values. */
export function commandEnvironment(command: string, args: readonly string[]): Record<string, string> {
  const parsed = parseDockerCommand(command, args);
  if (parsed?.kind !== 'run') return {};
  return Object.fromEntries(
    parsed.options.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );
}

type Flags = { kind: 'flags'; options: RunOptions; args: readonly string[] } | LeftCommand | WrongCommand;

/** Reads the flags at the beginning, as Go's pflag does. */
function readFlags(args: readonly string[]): Flags {
  const options = emptyRun();
  let index = 0;
  for (; index < args.length; index++) {
    const arg = args[index] ?? '';
    if (arg === '--') return { kind: 'flags', options, args: args.slice(index + 1) };
    if (!arg.startsWith('-') || arg === '-') break;
    for (const { flag, value, whether } of split(arg)) {
      const set: Setter | undefined = whether ? whetherFlags[flag] : valueFlags[flag];
      if (set === undefined) return { kind: 'left', reason: `its flag ${flag} is not known to this agent` };
      const given = value ?? (whether ? 'true' : args[++index]);
      if (given === undefined) return { kind: 'wrong', reason: `the flag ${flag} lacks its value` };
      const problem = set(options, given);
      if (problem?.left !== undefined) return { kind: 'left', reason: `its flag ${flag} ${problem.left}` };
      if (problem?.wrong !== undefined) return { kind: 'wrong', reason: `the flag ${flag}: ${problem.wrong}` };
    }
  }
  return { kind: 'flags', options, args: args.slice(index) };
}

interface OneFlag {
  readonly flag: string;
  readonly value: string | undefined;
  /** The flag is true or false, and takes no further argument. */
  readonly whether: boolean;
}

/** `--name=value`, `--name`, `-nvalue`, `-n=value`, `-n`, or several short ones at once (`-it`). */
function split(arg: string): OneFlag[] {
  if (arg.startsWith('--')) {
    const [flag = '', value] = arg.split(/=(.*)/s);
    return [{ flag, value, whether: flag in whetherFlags }];
  }
  const flags: OneFlag[] = [];
  for (let at = 1; at < arg.length; at++) {
    const flag = `-${arg[at]}`;
    const rest = arg.slice(at + 1);
    const whether = flag in whetherFlags;
    if (whether && !rest.startsWith('=')) {
      flags.push({ flag, value: undefined, whether });
      continue;
    }
    flags.push({ flag, value: rest === '' ? undefined : rest.replace(/^=/, ''), whether });
    break;
  }
  return flags;
}

/** The time from the request to end to the kill, seconds. */
const stopSeconds = 3;

/** The largest file of variables, characters. */
const envFileLimit = 256 * 1024;

/**
 * The container that the engine creates for a command.
 * @param own the registration's variables. The container gets the variables that the command names with `-e NAME` or in a file. The
 * registration's value replaces a value in the command.
 * @throws AgentFailure `invalid_argument`, `upstream` for a file of variables that cannot be used.
 */
export async function createOptions(
  { args, options }: RunCommand,
  image: ImageReference,
  own: Readonly<Record<string, string>>,
): Promise<ContainerCreateOptions> {
  const named = [...(await fromFiles(options.envFiles)), ...options.env];
  const here = serverEnvironment(own);
  const env = new Map<string, string>();
  for (const { name, value } of named) {
    const given = own[name] ?? value ?? here[name];
    if (given === undefined) env.delete(name);
    else env.set(name, given);
  }
  return {
    // An engine that is shut down waits for the container as long as the agent does.
    StopTimeout: stopSeconds,
    ...options.container,
    ...(options.platform && { platform: options.platform }),
    Image: engineName(image),
    ...(args.length > 0 && { Cmd: [...args] }),
    Env: [...env].map(([name, value]) => `${name}=${value}`),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    // The engine closes the input when the agent's connection ends, so that the container of a dead agent can end.
    StdinOnce: true,
    Tty: false,
    HostConfig: {
      ...options.host,
      // The agent keeps the log. The engine would also write each message to the disk.
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
    },
  };
}

async function fromFiles(paths: readonly string[]): Promise<{ name: string; value: string | undefined }[]> {
  const all: { name: string; value: string | undefined }[] = [];
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw unusable(path, error.code === 'ENOENT' ? 'does not exist at this agent' : 'cannot be read');
    });
    if (text.length > envFileLimit) throw unusable(path, 'is too large');
    for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
      if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
      const [name = '', value] = line.trimStart().split(/=(.*)/s);
      if (name === '' || /\s/.test(name)) throw unusable(path, 'holds a line that names no variable');
      all.push({ name, value });
    }
  }
  return all;
}

function unusable(path: string, problem: string): AgentFailure {
  const reason = `the file of variables ${path} ${problem}`;
  return new AgentFailure('upstream', reason, { reason });
}
