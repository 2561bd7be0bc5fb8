import { wait } from './wait.js';

/** The screen of a terminal, as a test reads it. */
export class Screen {
  text = '';

  readonly sink = async (chunk: Uint8Array | string): Promise<void> => {
    this.text += Buffer.from(chunk).toString();
  };

  /** Resolves once the output fits. */
  async shows(pattern: RegExp): Promise<void> {
    await wait(
      () => `the terminal shows ${pattern}: ${JSON.stringify(this.text)}`,
      () => pattern.test(this.text),
    );
  }
}

/**
 * A line for a shell at a terminal. It waits until the terminal has this size, and then writes `is`, the rows, `x` and the columns. A cluster
 * takes input before it has applied a size, so a command may run before the terminal has the size.
 * @param tools stands before the names of tools, such as `/busybox `
 */
export const untilSize = (rows: number, columns: number, tools = ''): string =>
  `until [ "$(${tools}stty size 2>&1)" = "${rows} ${columns}" ]; do ${tools}sleep 0.1; done; echo i''s${rows}x${columns}`;
