import { existsSync, readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Logger } from 'pino';
import { PolicyError, parsePolicy } from './parse.js';
import { noPolicy, Policy } from './policy.js';

const lookEveryMs = 500;

/** The site's policy as its file has it, read anew whenever it changes. */
export class PolicyFile {
  readonly #path: string;
  readonly #log: Logger;
  #policy: Policy;
  #text: string | undefined;

  /**
   * @param required Whether the file has to be there; otherwise everything is allowed while there is none.
   * @throws PolicyError when it cannot be read: an agent whose policy nobody can read must not run.
   */
  constructor(path: string, required: boolean, log: Logger) {
    this.#path = path;
    this.#log = log;
    if (!required && !existsSync(path)) {
      this.#policy = noPolicy;
      return;
    }
    this.#text = this.#read();
    this.#policy = this.#compile(this.#text);
    log.info({ policy: path }, 'site policy in force');
  }

  get policy(): Policy {
    return this.#policy;
  }

  /** Calls back with each new policy; one that cannot be read leaves the old one in force, and is logged. Returns the way to stop. */
  watch(onChange: (policy: Policy) => void): () => void {
    const look = (): void => {
      // There never was one, and there still is none.
      if (this.#text === undefined && !existsSync(this.#path)) return;
      try {
        const text = this.#read();
        if (text === this.#text) return;
        this.#text = text;
        this.#policy = this.#compile(text);
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        this.#log.error({ problem }, 'the new site policy cannot be used; the old one stays in force');
        return;
      }
      this.#log.info({ policy: this.#path }, 'site policy changed');
      onChange(this.#policy);
    };
    watchFile(this.#path, { interval: lookEveryMs, persistent: false }, look);
    return () => unwatchFile(this.#path, look);
  }

  #read(): string {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      throw new PolicyError(`${this.#path}: ${error instanceof Error ? error.message : error}`);
    }
  }

  #compile(text: string): Policy {
    try {
      return new Policy(parsePolicy(text));
    } catch (error) {
      throw new PolicyError(`${this.#path}: ${error instanceof Error ? error.message : error}`);
    }
  }
}
