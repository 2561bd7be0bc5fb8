import { checkAuditable } from '../audit/log.js';
import type { Redactor } from '../audit/redactor.js';
import { DomainError } from '../errors.js';
import type { Store } from '../store.js';
import type { ByteStream, CommandOptions, ConnectedAgent, Fleet, Operation, Reply } from './fleet.js';
import { serverOf } from './fleet.js';
import { givenBy, scopesOf } from './operation-secrets.js';
import type { PolicyRefusals, ServerLookup } from './refusals.js';

/**
 * The fleet, with secrets taken out of every error that comes from an agent, or from a server, device, cluster or Docker Engine there. An
 * error keeps what its caller sent. Refusals of a site's policy go into the audit log. While the audit log cannot be written, the hub sends
 * no command that changes something.
 */
export class RedactingFleet implements Fleet {
  readonly #fleet: () => Fleet;
  readonly #redactor: Redactor;
  readonly #refusals: Pick<PolicyRefusals, 'record'>;
  readonly #store: Pick<Store, 'failure'>;
  readonly #server: ServerLookup;

  /** `fleet` is asked for late: the fleet itself needs the domain to start. */
  constructor(
    fleet: () => Fleet,
    redactor: Redactor,
    refusals: Pick<PolicyRefusals, 'record'>,
    store: Pick<Store, 'failure'>,
    server: ServerLookup,
  ) {
    this.#fleet = fleet;
    this.#redactor = redactor;
    this.#refusals = refusals;
    this.#store = store;
    this.#server = server;
  }

  agents(): readonly ConnectedAgent[] {
    return this.#fleet().agents();
  }

  agent(id: string): ConnectedAgent | undefined {
    return this.#fleet().agent(id);
  }

  async execute(agentId: string, operation: Operation, options: CommandOptions): Promise<Reply> {
    if (options.kind === 'once') checkAuditable(this.#store);
    return this.#fleet()
      .execute(agentId, operation, options)
      .catch((error: unknown) => this.#fail(agentId, operation, error));
  }

  async open(agentId: string, operation: Operation, options: CommandOptions): Promise<ByteStream> {
    if (options.kind === 'once') checkAuditable(this.#store);
    return this.#fleet()
      .open(agentId, operation, options)
      .catch((error: unknown) => this.#fail(agentId, operation, error));
  }

  disconnect(agentId: string, reason: string): void {
    this.#fleet().disconnect(agentId, reason);
  }

  #fail(agentId: string, operation: Operation, error: unknown): never {
    // Whether commands change a device is found out by asking for them as reads first: that is no refusal.
    const asks = error instanceof DomainError && error.details.reason === 'change_not_allowed';
    if (error instanceof DomainError && error.code === 'refused' && !asks) {
      const reason = error.message;
      this.#refusals.record({ agentId, serverId: serverOf(operation), operation: operation.case, reason });
    }
    const secrets = this.#redactor.of(...scopesOf(agentId, operation, this.#server));
    throw secrets.except(givenBy(operation)).error(error);
  }
}
