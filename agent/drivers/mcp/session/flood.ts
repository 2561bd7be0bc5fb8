/** The length of the window in which messages are counted, milliseconds. */
const windowMs = 250;
/** The most unsolicited messages of a server in one window, and the most characters in them. */
const mostMessages = 250;
const mostCharacters = 4 * 1024 * 1024;

/** Each answer that a caller waits for may come with so many more messages: servers log while they work. */
const withAnswer = 4;

/**
 * Counts the unsolicited messages of a server: notifications, requests of its own, answers without a request, text that is no message.
 * Answers and progress that a caller waits for do not count, however many there are.
 */
export class FloodMeter {
  #since = 0;
  #messages = 0;
  #characters = 0;

  /** An answer came that a caller waits for. */
  answered(): void {
    this.#messages -= withAnswer;
  }

  /** Counts a message. Gives for how many milliseconds the server should not be listened to; 0 while it is within its bounds. */
  count(characters: number): number {
    const now = performance.now();
    if (now - this.#since >= windowMs) {
      this.#since = now;
      this.#messages = 0;
      this.#characters = 0;
    }
    this.#messages += 1;
    this.#characters += characters;
    if (this.#messages <= mostMessages && this.#characters <= mostCharacters) return 0;
    return Math.max(1, windowMs - (now - this.#since));
  }
}
