import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { AgentFailure } from '../../failure.js';
import type { StdioChild } from '../process/group.js';

/** The facts for a program that runs in place of a process of this machine. */
export interface ProgramStart {
  /** The server's own variables. */
  readonly env: Readonly<Record<string, string>>;
  /** The server's id. */
  readonly label: string;
}

/** The program to run instead of a source's command line. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Folders to be put in front of PATH. */
  readonly path: readonly string[];
  /** The installed version; empty for a command without a source. */
  readonly version: string;
  /** Where it is no process of this machine: starts the container that it is. Command and arguments say nothing then. @throws AgentFailure */
  readonly start?: (start: ProgramStart) => Promise<StdioChild>;
}

/**
 * Makes sure that a package's program is a file of the installation. A path that leads out of it would run any program of
 * this machine in the name of a package that the site allows. A file that is not there is the caller's to notice.
 * @throws AgentFailure `refused`
 */
export async function checkWithin(installation: string, script: string): Promise<void> {
  const [home, file] = await Promise.all([realpath(installation), realpath(script).catch(() => undefined)]);
  if (file === undefined || file.startsWith(home + sep)) return;
  const reason = 'the program lies outside of the installation of its package';
  throw new AgentFailure('refused', reason, { reason });
}
