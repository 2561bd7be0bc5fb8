import { open, rename } from 'node:fs/promises';

/** Writes a file so that a crash leaves either the old or the new content, and no other user can read it meanwhile. */
export async function writePrivate(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  const file = await open(draft, 'w', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
