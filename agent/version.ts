import { readFileSync } from 'node:fs';

/** The agent's semantic version, from its package. Compiled code lies one folder below the sources. */
export const version: string = readVersion();

function readVersion(): string {
  for (const path of ['./package.json', '../package.json']) {
    try {
      const file = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<string, unknown>;
      if (file.name === '@roundhouse/agent' && typeof file.version === 'string') return file.version;
    } catch {
      // Not here: the other place has it.
    }
  }
  throw new Error('package.json of @roundhouse/agent is missing');
}
