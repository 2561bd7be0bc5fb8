import { ask, askedOf, unreadable } from '../agents/answer.js';
import type { DeviceOperation, DeviceReport } from '../agents/contract.js';
import type { CommandOptions, Fleet } from '../agents/fleet.js';
import type { Shape } from '../agents/shape.js';
import { type DeviceWork, deviceError } from './failure.js';
import type { DeviceRecord } from './record.js';

/** Sends operations to devices through their agents, and turns failures into errors of devices. */
export class DevicePort {
  readonly #fleet: () => Fleet;

  constructor(fleet: () => Fleet) {
    this.#fleet = fleet;
  }

  /** Whether the device's agent is connected. */
  has({ agentId }: DeviceRecord): boolean {
    return this.#fleet().agent(agentId) !== undefined;
  }

  /** Gives the answer to an operation, a JSON object as `device.proto` defines it. @throws DomainError as {@link deviceError}. */
  json<T extends object>(
    device: DeviceRecord,
    work: DeviceWork,
    operation: DeviceOperation,
    shape: Shape<T>,
    options: CommandOptions,
  ): Promise<T> {
    return this.#told(device, work, () => ask<T>(this.#fleet(), device.agentId, operation, shape, options));
  }

  /** Gives the report that answers an operation. @throws DomainError as {@link deviceError}. */
  report(
    device: DeviceRecord,
    work: DeviceWork,
    operation: DeviceOperation,
    options: CommandOptions,
  ): Promise<DeviceReport> {
    return this.#told(device, work, async () => {
      const fleet = this.#fleet();
      const reply = await fleet.execute(device.agentId, operation, options);
      if (reply.case === 'device') return reply.value;
      throw unreadable(askedOf(fleet, device.agentId, operation.case, options.kind));
    });
  }

  /** Does an operation whose answer is empty. */
  async done(device: DeviceRecord, operation: DeviceOperation, timeoutMs: number): Promise<void> {
    const options = { kind: 'idempotent', timeoutMs } as const;
    await this.#told(device, 'connect', () => this.#fleet().execute(device.agentId, operation, options));
  }

  async #told<T>(device: DeviceRecord, work: DeviceWork, answer: () => Promise<T>): Promise<T> {
    try {
      return await answer();
    } catch (error) {
      throw deviceError(error, work, device);
    }
  }
}

/** Counts of work at devices since the hub started; for metrics. */
export class DeviceTally {
  readonly #commands = new Map<string, number>();
  readonly #changes = new Map<string, number>();

  /** `kind`: `read` or `change`; `outcome`: `success` or `error`. */
  command(kind: string, outcome: string): void {
    bump(this.#commands, `${kind} ${outcome}`);
  }

  /** Counts a configuration change that has ended. */
  change(kind: string, state: string): void {
    bump(this.#changes, `${kind} ${state}`);
  }

  commands(): { readonly kind: string; readonly outcome: string; readonly count: number }[] {
    return pairs(this.#commands).map(([kind, outcome, count]) => ({ kind, outcome, count }));
  }

  changes(): { readonly kind: string; readonly state: string; readonly count: number }[] {
    return pairs(this.#changes).map(([kind, state, count]) => ({ kind, state, count }));
  }
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function pairs(counts: ReadonlyMap<string, number>): [string, string, number][] {
  return Array.from(counts, ([key, count]) => {
    const [first = '', second = ''] = key.split(' ');
    return [first, second, count];
  });
}
