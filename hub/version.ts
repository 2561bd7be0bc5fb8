import { readFileSync } from 'node:fs';

/** The hub's semantic version, from its package. Compiled code lies one folder below the sources. */
export const version: string = readVersion();

function readVersion(): string {
  for (const path of ['./package.json', '../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<
        string,
        string
      >;
      if (name === '@roundhouse/hub' && version) return version;
    } catch {
      // Not here: the other place has it.
    }
  }
  throw new Error('package.json of @roundhouse/hub is missing');
}
