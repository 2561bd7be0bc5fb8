import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether a program is found on PATH. */
export async function onPath(program: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    if (folder === '') continue;
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
