import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigChangeState } from '@roundhouse/proto/agent/v1/device';
import type { Logger } from '@roundhouse/proto/log';
import { writePrivate } from '@roundhouse/proto/private-file';
import type { Sealer } from '../../sealer.js';

/** The last change of a device, and the configuration to restore while the change is not confirmed. */
export interface Guard {
  readonly changeId: string;
  readonly state: ConfigChangeState;
  /** The device by its `addressKey`, and its host key: the change is taken back only there. */
  readonly address: string;
  readonly hostKey: string;
  /** The base of names at the device. */
  readonly name: string;
  readonly hashBefore: string;
  readonly hashAfter: string;
  /** When the state was reached, milliseconds since 1970. */
  readonly at: number;
  readonly error: string;
  /** The configuration before the change; only while it may be needed. */
  readonly saved?: string;
}

/** States in which the old configuration may have to be restored. */
export const isOpen = ({ state }: Guard): boolean =>
  state === ConfigChangeState.BEGUN || state === ConfigChangeState.RESTORE_PENDING;

/** The last change of each device, sealed on disk before the device is changed, so that a restarted agent ends an open change. */
export class Guards {
  readonly #folder: string;
  readonly #guards = new Map<string, Guard>();
  #turn: Promise<unknown>;

  constructor(
    dataDir: string,
    private readonly sealer: Sealer,
    private readonly log: Logger,
  ) {
    this.#folder = join(dataDir, 'network');
    this.#turn = this.#load();
  }

  /** Resolves when the stored guards have been read. */
  async ready(): Promise<void> {
    await this.#turn;
  }

  get(deviceId: string): Guard | undefined {
    return this.#guards.get(deviceId);
  }

  /** Resolves once the guard is on disk. @throws Error if it cannot be written: then no change may begin. */
  async put(deviceId: string, guard: Guard): Promise<void> {
    await this.#then(async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writePrivate(this.#path(deviceId), `${await this.sealer.seal(Buffer.from(JSON.stringify(guard)))}\n`);
      this.#guards.set(deviceId, guard);
    });
  }

  async forget(deviceId: string): Promise<void> {
    await this.#then(async () => {
      this.#guards.delete(deviceId);
      await rm(this.#path(deviceId), { force: true });
    });
  }

  #path(deviceId: string): string {
    return join(this.#folder, `${deviceId}.change`);
  }

  #then(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #load(): Promise<void> {
    let names: string[];
    try {
      names = await readdir(this.#folder);
    } catch {
      return;
    }
    for (const name of names.filter((name) => name.endsWith('.change'))) {
      try {
        const plain = await this.sealer.unseal(await readFile(join(this.#folder, name), 'utf8'));
        this.#guards.set(name.slice(0, -'.change'.length), JSON.parse(Buffer.from(plain).toString()) as Guard);
      } catch {
        this.log.warn(
          { event: 'device.change_record_unreadable', file: name },
          'the record of a configuration change cannot be read',
        );
      }
    }
  }
}
