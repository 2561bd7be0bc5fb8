import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@roundhouse/proto/log';
import { writePrivate } from '@roundhouse/proto/private-file';
import { type Grant, type GrantStore, NO_GRANT } from '../drivers/mcp/authorization/grant.js';
import type { Sealer } from '../sealer.js';

/**
 * The consents of people, sealed on this machine's disk, a file for each server: an agent that restarts need not ask them again. The key is
 * that of the desired state: once it is wiped, the files are unreadable.
 */
export class GrantFiles implements GrantStore {
  readonly #folder: string;
  readonly #sealer: Sealer;
  readonly #log: Logger;
  #turn: Promise<void> = Promise.resolve();

  constructor({ dataDir, sealer, log }: { readonly dataDir: string; readonly sealer: Sealer; readonly log: Logger }) {
    this.#folder = join(dataDir, 'grants');
    this.#sealer = sealer;
    this.#log = log;
  }

  async load(serverId: string): Promise<Grant | undefined> {
    const unreadable = (err: unknown): Grant => {
      this.#log.warn(
        { event: 'consent.unreadable', err, server: serverId },
        'a kept consent cannot be read; it is asked for again',
      );
      return { ...NO_GRANT, unreadable: true };
    };
    let sealed: string;
    try {
      sealed = await readFile(this.#path(serverId), 'utf8');
    } catch (err) {
      return (err as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : unreadable(err);
    }
    try {
      const plain = await this.#sealer.unseal(sealed);
      return { ...NO_GRANT, ...(JSON.parse(Buffer.from(plain).toString()) as Partial<Grant>) };
    } catch (err) {
      return unreadable(err);
    }
  }

  save(serverId: string, parts: Partial<Grant>): Promise<void> {
    return this.#next(async () => {
      const grant = { ...(await this.load(serverId)), ...parts };
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writePrivate(this.#path(serverId), await this.#sealer.seal(Buffer.from(JSON.stringify(grant))));
    });
  }

  remove(serverId: string): Promise<void> {
    return this.#next(() => rm(this.#path(serverId), { force: true }));
  }

  /** Deletes all consents. */
  wipe(): Promise<void> {
    return this.#next(() => rm(this.#folder, { recursive: true, force: true }));
  }

  /** Writes one after the other, so that the last write stays. */
  #next(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((err: unknown) => {
      this.#log.error(
        { event: 'consent.not_kept', err },
        'a consent cannot be kept; it is asked for again after a restart',
      );
    });
    return this.#turn;
  }

  #path(serverId: string): string {
    return join(this.#folder, `${serverId}.sealed`);
  }
}
