// Imported before the socket layer, whose native code has all the rights of the hub.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { socketBinaries } from './socket-binaries.js';

/** @throws Error naming the binary, when its bytes are not those that were recorded. */
export function checkSocketBinary(folder: string): void {
  const name = `uws_${process.platform}_${process.arch}_${process.versions.modules}`;
  const path = join(folder, `${name}.node`);
  const known = socketBinaries[name];
  if (known === undefined)
    throw new Error(
      `uWebSockets has no checked binary for Node ${process.version} on ${process.platform}-${process.arch}`,
    );
  const found = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (!known.includes(found))
    throw new Error(`${path} is not the binary that Roundhouse was released with (SHA-256 ${found}): install again`);
}

checkSocketBinary(dirname(createRequire(import.meta.url).resolve('uWebSockets.js')));
