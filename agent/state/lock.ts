import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';

/**
 * Takes a data folder for this process; returns the way to give it back. Two agents of one identity would close each
 * other's connections and start every server twice. The lock ends with the process, however that ends.
 * @throws Error when another agent has the folder.
 */
export function lockFolder(dir: string): () => void {
  const descriptor = openSync(join(dir, 'agent.lock'), 'a+', 0o600);
  if (tryLock(descriptor)) return () => closeSync(descriptor);
  closeSync(descriptor);
  throw new Error(`${dir} is in use by another agent`);
}
