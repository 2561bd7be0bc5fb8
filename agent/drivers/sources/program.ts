/** What is to be run instead of a source's command line. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Folders to be put in front of PATH. */
  readonly path: readonly string[];
  /** The installed version; empty for what is no source. */
  readonly version: string;
}
