import { AgentFailure } from '../../../failure.js';
import { type ImageReference, parseReference, referenceText } from '../reference.js';

/** The site's policy for containers and images. Each check gives the reason for a refusal, or `undefined`. */
export interface DockerPolicy {
  readonly readOnly: boolean;
  permits(section: 'images', text: string): string | undefined;
  inContainer(line: readonly string[], within: readonly string[]): string | undefined;
  variable(name: string): string | undefined;
}

/** Refuses actions that the site does not allow, before anything is done. */
export class Judge {
  constructor(private readonly policy: () => DockerPolicy) {}

  /** @throws AgentFailure `refused` */
  changes(what: string): void {
    if (this.policy().readOnly) throw refused('read_only', `this site is read-only: ${what}`);
  }

  /** @throws AgentFailure `refused` */
  image(reference: ImageReference): void {
    this.#check(this.policy().permits('images', referenceText(reference)));
  }

  /** The image that a container was made from, by the name in its configuration. @throws AgentFailure `refused` */
  imageNamed(name: string): void {
    const reference = parseReference(name);
    this.#check(this.policy().permits('images', reference === undefined ? name : referenceText(reference)));
  }

  /** @throws AgentFailure `refused` */
  command(line: readonly string[], within: readonly string[]): void {
    this.#check(this.policy().inContainer(line, within));
  }

  /** @throws AgentFailure `refused` */
  variables(names: readonly string[]): void {
    for (const name of names) this.#check(this.policy().variable(name));
  }

  #check(reason: string | undefined): void {
    if (reason !== undefined) throw refused('policy', reason);
  }
}

function refused(reason: 'policy' | 'read_only', message: string): AgentFailure {
  return new AgentFailure('refused', message, { reason, outcome: 'not_run' });
}
