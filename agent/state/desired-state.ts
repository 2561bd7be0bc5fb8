import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DeviceSpec } from '@roundhouse/proto/agent/v1/device';
import { DesiredStateSchema } from '@roundhouse/proto/agent/v1/link';
import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { Logger } from '@roundhouse/proto/log';
import { writePrivate } from '@roundhouse/proto/private-file';
import { Sealer } from '../sealer.js';

const stateFile = 'state.sealed';
/** Changes within this time are written together, milliseconds. */
const gatherMs = 50;
/** After a failed write the agent tries again after this time, milliseconds. */
const againMs = 10_000;

/**
 * The wanted state of this agent, secrets included, sealed on its disk: with it an agent that restarts while the hub is away starts its
 * servers. It belongs to one identity: the state of another hub is not used.
 */
export class DesiredStateFile {
  readonly #path: string;
  readonly #agentId: string;
  readonly #sealer: Sealer;
  readonly #log: Logger;
  readonly #againMs: number;
  #servers: readonly ServerSpec[] = [];
  #devices: readonly DeviceSpec[] = [];
  #unwritten = false;
  /** The last state could not be written. */
  #isBehind = false;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly dataDir: string;
    readonly agentId: string;
    readonly log: Logger;
    /** Default: a new one. Parts that seal in the same folder share one. */
    readonly sealer?: Sealer;
    /** Default: {@link againMs}. */
    readonly againMs?: number;
  }) {
    this.#path = join(options.dataDir, stateFile);
    this.#agentId = options.agentId;
    this.#sealer = options.sealer ?? new Sealer(options.dataDir);
    this.#log = options.log;
    this.#againMs = options.againMs ?? againMs;
  }

  /** The servers of the last state on disk. Empty if there is no readable state; that is logged. */
  async load(): Promise<ServerSpec[]> {
    let sealed: string;
    try {
      sealed = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#unreadable(error);
      return [];
    }
    try {
      const plain = Buffer.from(await this.#sealer.unseal(sealed));
      const end = plain.indexOf(0);
      if (plain.toString('utf8', 0, end) !== this.#agentId) {
        await this.wipe();
        return [];
      }
      const { servers, devices } = fromBinary(DesiredStateSchema, plain.subarray(end + 1));
      this.#servers = servers;
      this.#devices = devices;
      return servers;
    } catch (error) {
      this.#unreadable(error);
      return [];
    }
  }

  /** The devices of the state that was kept or loaded last. */
  get devices(): readonly DeviceSpec[] {
    return this.#devices;
  }

  /** Keeps the servers. They are on disk soon after. */
  keep(servers: readonly ServerSpec[]): void {
    this.#servers = servers;
    this.#later();
  }

  /** As `keep`, for the network devices. */
  keepDevices(devices: readonly DeviceSpec[]): void {
    this.#devices = devices;
    this.#later();
  }

  #later(): void {
    this.#unwritten = true;
    this.#timer ??= setTimeout(() => void this.flush(), gatherMs);
  }

  /** Resolves when the last state is on disk, or could not be written (which is logged). */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#turn = this.#turn.then(() => this.#write());
    return this.#turn;
  }

  /** Forgets the state for good. */
  async wipe(): Promise<void> {
    this.#unwritten = false;
    this.#servers = [];
    this.#devices = [];
    await this.flush();
    await this.#sealer.wipe();
    await rm(this.#path, { force: true });
  }

  async #write(): Promise<void> {
    if (!this.#unwritten) return;
    this.#unwritten = false;
    const [servers, devices] = [[...this.#servers], [...this.#devices]];
    try {
      const state = toBinary(DesiredStateSchema, create(DesiredStateSchema, { servers, devices }));
      const plain = Buffer.concat([Buffer.from(`${this.#agentId}\0`), state]);
      await writePrivate(this.#path, `${await this.#sealer.seal(plain)}\n`);
      this.#isBehind = false;
    } catch (error) {
      if (!this.#isBehind)
        this.#log.error(
          { event: 'state.not_kept', err: error },
          'the desired state cannot be kept; without the hub its servers will not start again',
        );
      this.#isBehind = true;
      this.#unwritten = true;
      this.#timer ??= setTimeout(() => void this.flush(), this.#againMs).unref();
    }
  }

  #unreadable(error: unknown): void {
    this.#log.warn(
      { event: 'state.unreadable', err: error },
      'the kept state cannot be read; servers start when the hub is back',
    );
  }
}
