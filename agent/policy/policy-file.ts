import { existsSync, readFileSync } from 'node:fs';
import type { Logger } from '@roundhouse/proto/log';
import { PolicyError, parsePolicy } from './parse.js';
import { noPolicy, Policy } from './policy.js';

/** The file is small, so the agent reads it regularly. A file watch would miss changes from before it began. */
const lookEveryMs = 250;

/** The site's policy from its file, read again whenever the file changes. */
export class PolicyFile {
  readonly #path: string;
  readonly #log: Logger;
  readonly #required: boolean;
  #policy: Policy;
  #text: string | undefined;

  /**
   * @param required Whether the file must exist. If it need not, everything is allowed while it is missing.
   * @throws PolicyError if the file cannot be read: an agent must not run without knowing its policy.
   */
  constructor(path: string, required: boolean, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#required = required;
    if (!required && !existsSync(path)) {
      this.#policy = noPolicy;
      return;
    }
    this.#text = this.#read();
    this.#policy = this.#compile(this.#text);
    log.info({ event: 'policy.in_force', policy: path }, 'site policy in force');
  }

  get policy(): Policy {
    return this.#policy;
  }

  /**
   * Calls back with each new policy. An unusable policy is logged, and the old one stays in force. Returns a function that stops the watch.
   * A new text counts once two reads in succession find it, so that no half-written file becomes a policy.
   */
  watch(onChange: (policy: Policy) => void): () => void {
    let last = this.#text;
    let seen = this.#text;
    const look = (): void => {
      let text: string | undefined;
      let problem: string | undefined;
      try {
        if (existsSync(this.#path)) text = this.#read();
      } catch (error) {
        problem = messageOf(error);
      }
      const now = problem ?? text;
      const isSettled = now === last;
      last = now;
      if (!isSettled || now === seen) return;
      seen = now;
      if (problem !== undefined) this.#refuse(problem);
      else if (text === undefined) this.#miss();
      else if (this.#take(text)) this.#tell(onChange);
    };
    const timer = setInterval(look, lookEveryMs).unref();
    return () => clearInterval(timer);
  }

  /** @returns whether there is a new policy */
  #take(text: string): boolean {
    if (text === this.#text) return false;
    try {
      this.#policy = this.#compile(text);
    } catch (error) {
      this.#refuse(messageOf(error));
      return false;
    }
    this.#text = text;
    this.#log.info({ event: 'policy.changed', policy: this.#path }, 'site policy changed');
    return true;
  }

  /** A failure of the listener must not end the watch, nor the agent. */
  #tell(onChange: (policy: Policy) => void): void {
    try {
      onChange(this.#policy);
    } catch (error) {
      this.#log.error(
        { event: 'policy.not_applied', err: error },
        'the new site policy could not be applied everywhere',
      );
    }
  }

  #refuse(problem: string): void {
    this.#log.error(
      { event: 'policy.not_usable', problem },
      'the new site policy cannot be used; the old one stays in force',
    );
  }

  #miss(): void {
    const next = this.#required ? 'the agent will not start without it' : 'after a restart everything is allowed';
    this.#log.error(
      { event: 'policy.file_gone', policy: this.#path },
      `the site policy's file is gone; it stays in force here, but ${next}`,
    );
  }

  #read(): string {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      throw new PolicyError(`${this.#path}: ${messageOf(error)}`);
    }
  }

  #compile(text: string): Policy {
    try {
      return new Policy(parsePolicy(text));
    } catch (error) {
      throw new PolicyError(`${this.#path}: ${messageOf(error)}`);
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
