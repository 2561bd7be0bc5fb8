import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { OwnUsage, Usage } from '../domain/alerts/usage.js';

/** Memory of the hub's machine (or of the control group that limits it), and the file system its data are on. */
export class HubUsage implements OwnUsage {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async measure(): Promise<Pick<Usage, 'memory' | 'disk'>> {
    const { bsize, blocks, bfree, bavail } = await statfs(this.#dir);
    const [limit, machine] = [process.constrainedMemory(), totalmem()];
    const totalBytes = limit > 0 && limit < machine ? limit : machine;
    return {
      memory: { totalBytes, usedBytes: Math.max(0, totalBytes - process.availableMemory()) },
      // The file system's reserve for root is neither used nor free.
      disk: { totalBytes: bsize * (blocks - bfree + bavail), usedBytes: bsize * (blocks - bfree) },
    };
  }
}
