/** The screen of a terminal, as a test reads it. */
export class Screen {
  text = '';
  readonly #waiting = new Set<() => void>();

  readonly sink = async (chunk: Uint8Array | string): Promise<void> => {
    this.text += Buffer.from(chunk).toString();
    for (const look of [...this.#waiting]) look();
  };

  /** Resolves once the output fits. @throws Error after 30 s, with the output */
  shows(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`the terminal does not show ${pattern}: ${JSON.stringify(this.text)}`));
      const timer = setTimeout(late, 30_000);
      const look = () => {
        if (!pattern.test(this.text)) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}
