import { readAnswer } from '../agents/answer.js';
import type { CommandOptions, Fleet } from '../agents/fleet.js';
import type { DeviceOperation, DeviceReport } from '../agents/fleet-devices.js';
import { DomainError } from '../errors.js';
import { type DeviceWork, deviceError } from './failure.js';
import type { DeviceRecord } from './record.js';

/** How devices are spoken to: through their agents, with failures in the words of the devices' own errors. */
export class DevicePort {
  readonly #fleet: () => Fleet;

  constructor(fleet: () => Fleet) {
    this.#fleet = fleet;
  }

  /** Whether the device's agent is there. */
  has({ agentId }: DeviceRecord): boolean {
    return this.#fleet().agent(agentId) !== undefined;
  }

  /** Gives the JSON that an operation is answered with. @throws DomainError as {@link deviceError}. */
  async json(
    device: DeviceRecord,
    work: DeviceWork,
    operation: DeviceOperation,
    options: CommandOptions,
  ): Promise<unknown> {
    return readAnswer(await this.#execute(device, work, operation, options));
  }

  /** Gives the report that an operation is answered with. @throws DomainError as {@link deviceError}. */
  async report(
    device: DeviceRecord,
    work: DeviceWork,
    operation: DeviceOperation,
    options: CommandOptions,
  ): Promise<DeviceReport> {
    const reply = await this.#execute(device, work, operation, options);
    if (reply.case !== 'device') throw unexpected(reply.case);
    return reply.value;
  }

  /** Asks for something whose answer says nothing. */
  async done(device: DeviceRecord, operation: DeviceOperation, timeoutMs: number): Promise<void> {
    await this.#execute(device, 'connect', operation, { kind: 'idempotent', timeoutMs });
  }

  async #execute(device: DeviceRecord, work: DeviceWork, operation: DeviceOperation, options: CommandOptions) {
    try {
      return await this.#fleet().execute(device.agentId, operation, options);
    } catch (error) {
      throw deviceError(error, work, device);
    }
  }
}

function unexpected(answer: string): DomainError {
  return new DomainError('internal', `unexpected answer '${answer}' from the agent`);
}
