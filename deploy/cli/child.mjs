// A child process that is restarted when it dies, and never outlives this one.
import { spawn } from 'node:child_process';
import { Stop, say } from './terminal.mjs';

/** First and longest pause before a restart, milliseconds; each death in a row doubles it. */
const backoff = { first: 500, longest: 30_000 };
/** A child that ran this long starts with the first pause again. */
const stableMs = 60_000;

/**
 * A hub or agent process.
 *
 * It gets `ROUNDHOUSE_PARENT=stdin`, which asks it to end gracefully, as at SIGTERM, when its standard input closes: this process holds the
 * other end of that pipe and writes nothing to it, so that the kernel closes it even when this process is killed.
 * It runs in a session of its own: Ctrl-C in the terminal reaches this process alone, which then ends the children in order.
 */
export class Child {
  #name;
  #args;
  #env;
  #graceMs;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #startedAt = 0;
  #deaths = 0;
  #up = false;
  #stopping = false;
  /** @type {(reason: Stop) => void} */
  #fail = () => undefined;

  /**
   * @param {string} name for messages
   * @param {readonly string[]} args for node
   * @param {NodeJS.ProcessEnv} env
   * @param {number} [graceMs] time to end in after SIGTERM
   */
  constructor(name, args, env, graceMs = 15_000) {
    this.#name = name;
    this.#args = args;
    this.#graceMs = graceMs;
    this.#env = { ...env, ROUNDHOUSE_PARENT: 'stdin' };
    /** Rejects with a {@link Stop} when the child dies before {@link started} was called. */
    this.failed = /** @type {Promise<never>} */ (
      new Promise((_, reject) => {
        this.#fail = reject;
      })
    );
    this.failed.catch(() => undefined);
    this.#spawn();
  }

  /** The process id; 0 while there is no process. */
  get pid() {
    return this.#process?.pid ?? 0;
  }

  /** From now on a death is answered with a restart, not with the end of everything. */
  started() {
    this.#up = true;
  }

  #spawn() {
    this.#startedAt = Date.now();
    // Standard output of this command is for its own result; the children's goes where the logs go.
    const child = spawn(process.execPath, this.#args, {
      env: this.#env,
      stdio: ['pipe', 2, 2],
      detached: true,
    });
    child.stdin?.on('error', () => undefined);
    child.on('error', (error) => this.#ended(`cannot be started: ${error.message}`));
    child.on('exit', (code, signal) => this.#ended(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
    this.#process = child;
  }

  /** @param {string} how */
  #ended(how) {
    this.#process = undefined;
    if (this.#stopping) return;
    if (!this.#up) {
      this.#fail(new Stop(`The ${this.#name} ${how} at start; its message stands above.`));
      return;
    }
    this.#deaths = Date.now() - this.#startedAt > stableMs ? 1 : this.#deaths + 1;
    const pause = Math.min(backoff.first * 2 ** (this.#deaths - 1), backoff.longest);
    say(`The ${this.#name} ${how}; starting it again in ${pause / 1000} s.`);
    this.#timer = setTimeout(() => this.#spawn(), pause);
  }

  /** Ends the child: gracefully, and by force when its time is up. */
  async stop() {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#process;
    if (!child) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    // Nothing more is to come on it; a child that reads it must not wait for it.
    child.stdin?.end();
    const timer = setTimeout(() => {
      say(`The ${this.#name} did not end within ${this.#graceMs / 1000} s; killing it.`);
      this.kill();
    }, this.#graceMs);
    await exit;
    clearTimeout(timer);
  }

  /** Ends the child at once. */
  kill() {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#process?.kill('SIGKILL');
  }
}
