import { createWriteStream, fstatSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** The surroundings of a command: its streams, its environment and Ctrl-C. Tests replace them. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: NodeJS.ProcessEnv;
  /** The user's home folder. */
  readonly home: string;
  /** Calls the listener at Ctrl-C or SIGTERM, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Standard output of this process. If the disk is full, Node's own stream to a file drops a part of a text without an error. */
function standardOutput(): Terminal['stdout'] {
  const kind = process.stdout.isTTY ? undefined : fstatSync(1);
  return kind === undefined || kind.isFIFO() || kind.isSocket() ? process.stdout : createWriteStream('', { fd: 1 });
}

/** The terminal of this process. */
export const processTerminal: Terminal = {
  stdin: process.stdin,
  stdout: standardOutput(),
  stderr: process.stderr,
  env: process.env,
  home: homedir(),
  onInterrupt(listener) {
    // `once`: a second Ctrl-C ends the process at once.
    for (const signal of signals) process.once(signal, listener);
    return () => {
      for (const signal of signals) process.off(signal, listener);
    };
  },
};

/** The path of this program, for the configuration of other programs. */
export async function programFile(): Promise<string> {
  const [, file = 'roundhouse'] = process.argv;
  return realpath(file);
}
