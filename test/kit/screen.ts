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
