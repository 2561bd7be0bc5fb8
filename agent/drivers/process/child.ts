import type { Readable, Writable } from 'node:stream';
import type { Exit, StopOptions } from './group.js';

/** How what a stdio server runs in ended. */
export interface StdioEnd extends Exit {
  /** A whole sentence without its full stop, where code and signal do not tell it. */
  readonly reason?: string;
}

/** What a stdio server runs in: a process group, or a container. */
export interface StdioChild {
  /** Process id; 0 where this machine has none for it. */
  readonly pid: number;
  /** The container that it is; absent for a process. */
  readonly id?: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once it has ended and what it printed has been read. */
  readonly exited: Promise<StdioEnd>;
  /** Ends it: its input first, then by request, then by force. Resolves once nothing of it is left. Safe to call twice. */
  stop(options?: StopOptions): Promise<void>;
}
