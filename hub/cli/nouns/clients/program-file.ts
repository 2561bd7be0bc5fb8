import { realpath } from 'node:fs/promises';

/** The file of this program, as another program has to name it. */
export async function programFile(): Promise<string> {
  const [, file = 'roundhouse'] = process.argv;
  return realpath(file);
}
