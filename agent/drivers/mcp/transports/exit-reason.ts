/** Lines around the line with the reason: frames of a stack, parts of an object, additions of a runtime. */
const aside = /^(?:\s|$|[{}^\]]|Node\.js v\d|Require stack:|- |note: run with |exit status \d)/;
/** After these words Go tells only where that was. */
const last = /^(?:panic|fatal error): /;

/** Finds the line of a process's standard error that tells why the process ended. */
export class LastWords {
  #line = '';
  #isFinal = false;

  /** Empty where it printed nothing. */
  get line(): string {
    return this.#line;
  }

  take(line: string): void {
    if (this.#isFinal || (this.#line !== '' && aside.test(line))) return;
    this.#line = line;
    this.#isFinal = last.test(line);
  }
}
