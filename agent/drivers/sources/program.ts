import type { StdioChild } from '../process/child.js';

/** What is started in place of a process of this machine gets to know. */
export interface ProgramStart {
  /** The server's own variables. */
  readonly env: Readonly<Record<string, string>>;
  /** The server's id. */
  readonly label: string;
}

/** What is to be run instead of a source's command line. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Folders to be put in front of PATH. */
  readonly path: readonly string[];
  /** The installed version; empty for what is no source. */
  readonly version: string;
  /** Where it is no process of this machine: starts the container that it is. Command and arguments say nothing then. @throws AgentFailure */
  readonly start?: (start: ProgramStart) => Promise<StdioChild>;
}
