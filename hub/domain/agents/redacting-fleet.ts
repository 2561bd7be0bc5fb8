import { checkAuditable } from '../audit/log.js';
import type { Redactor } from '../audit/redactor.js';
import { redactorOf } from '../audit/secret-scopes.js';
import { DomainError } from '../errors.js';
import type { Store } from '../store.js';
import type { ByteStream, CommandOptions, ConnectedAgent, Fleet, Operation, Reply } from './fleet.js';
import { serverOf } from './fleet.js';
import type { PolicyRefusals, ServerLookup } from './refusals.js';

/**
 * The fleet, with secrets taken out of every error that comes from an agent or from a server there. Refusals of a site's policy go into the audit log. While the audit log cannot be written, the hub sends no command that changes something.
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
    throw this.#redactorFor(operation).error(error);
  }

  /** It looks for the secrets of the operation's server, and leaves what the caller sent: servers echo it. */
  #redactorFor(operation: Operation): Redactor {
    const id = serverOf(operation);
    const redactor = id === undefined ? this.#redactor : redactorOf(this.#redactor, this.#server(id) ?? { id });
    return redactor.except(givenBy(operation));
  }
}

/** What the caller of an operation sent. */
function givenBy(operation: Operation): string {
  switch (operation.case) {
    case 'callTool': {
      const { tool, arguments: args, meta = '', more = '' } = operation.value;
      return [tool, textOf(args), textOf(meta), textOf(more)].join('\n');
    }
    case 'mcpRequest':
      return [textOf(operation.value.params), textOf(operation.value.meta)].join('\n');
    default:
      return '';
  }
}

function textOf(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString();
}
