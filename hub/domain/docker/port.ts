import { readAnswer } from '../agents/answer.js';
import type { ByteStream, CommandOptions, ConnectedAgent, Fleet } from '../agents/fleet.js';
import type { DockerOperation } from '../agents/fleet-docker.js';
import type { Redactor } from '../audit/redactor.js';
import { redactedStream } from '../audit/stream.js';
import { DomainError, type InvalidInput } from '../errors.js';

/** How Docker Engines are spoken to: through their agents, without anybody's known secrets in what comes back. */
export class DockerPort {
  readonly #fleet: () => Fleet;
  readonly #redactor: Redactor;

  constructor(fleet: () => Fleet, redactor: Redactor) {
    this.#fleet = fleet;
    this.#redactor = redactor;
  }

  /** Gives the JSON object that an operation is answered with, of the form that `docker.proto` says. @throws DomainError */
  async ask<T extends object>({ id }: ConnectedAgent, operation: DockerOperation, options: CommandOptions): Promise<T> {
    const reply = await this.#fleet().execute(id, operation, options).catch(fail);
    return this.#redactor.value(readAnswer(reply)) as T;
  }

  /** Opens the stream of lines that an operation puts out. @throws DomainError */
  async open({ id }: ConnectedAgent, operation: DockerOperation, options: CommandOptions): Promise<ByteStream> {
    return redactedStream(await this.#fleet().open(id, operation, options).catch(fail), this.#redactor);
  }
}

/** A field that the agent finds wrong is told as one that the hub finds wrong. */
function fail(error: unknown): never {
  if (!(error instanceof DomainError) || error.code !== 'invalid_input') throw error;
  const { field } = error.details;
  if (typeof field !== 'string' || error.details.problems !== undefined) throw error;
  const told = error.message.startsWith(`${field}: `) ? error.message.slice(field.length + 2) : error.message;
  const details: InvalidInput = { field, error: told, problems: [{ field, error: told }] };
  throw new DomainError('invalid_input', `${field}: ${told}`, { ...details });
}
