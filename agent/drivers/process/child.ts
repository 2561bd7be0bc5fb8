import type { Readable, Writable } from 'node:stream';
import type { Exit, StopOptions } from './group.js';

/** The end of a stdio server's process group or container. */
export interface StdioEnd extends Exit {
  /** A whole sentence without its full stop, where code and signal do not tell it. */
  readonly reason?: string;
}

/** The process group or the container of a stdio server. */
export interface StdioChild {
  /** Process id; 0 if this machine has none for it. */
  readonly pid: number;
  /** The container that it is; absent for a process. */
  readonly id?: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once it has ended and its output has been read. */
  readonly exited: Promise<StdioEnd>;
  /** Ends it: its input first, then by request, then by force. Resolves once no process of it is left. Safe to call twice. */
  stop(options?: StopOptions): Promise<void>;
}
