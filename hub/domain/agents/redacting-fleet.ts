import type { Redactor } from '../audit/redactor.js';
import type { ByteStream, CommandOptions, ConnectedAgent, Fleet, Operation, Reply } from './fleet.js';

/** The fleet, with secrets taken out of every error that comes from an agent or from a server there: servers echo what they were given. */
export class RedactingFleet implements Fleet {
  readonly #fleet: () => Fleet;
  readonly #fail: (error: unknown) => never;

  /** `fleet` is asked for late: the fleet itself needs the domain to start. */
  constructor(fleet: () => Fleet, redactor: Redactor) {
    this.#fleet = fleet;
    this.#fail = (error) => {
      throw redactor.error(error);
    };
  }

  agents(): readonly ConnectedAgent[] {
    return this.#fleet().agents();
  }

  agent(id: string): ConnectedAgent | undefined {
    return this.#fleet().agent(id);
  }

  execute(agentId: string, operation: Operation, options: CommandOptions): Promise<Reply> {
    return this.#fleet().execute(agentId, operation, options).catch(this.#fail);
  }

  open(agentId: string, operation: Operation, options: CommandOptions): Promise<ByteStream> {
    return this.#fleet().open(agentId, operation, options).catch(this.#fail);
  }

  disconnect(agentId: string, reason: string): void {
    this.#fleet().disconnect(agentId, reason);
  }
}
