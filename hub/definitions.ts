import { readdirSync, readFileSync } from 'node:fs';

/** The workflows that ship with the hub, as YAML. Compiled code lies one folder below the sources, and the files stay with those. */
export function shippedWorkflows(): string[] {
  for (const path of ['./domain/workflows/definitions/', '../domain/workflows/definitions/']) {
    const folder = new URL(path, import.meta.url);
    try {
      const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
      if (names.length > 0) return names.sort().map((name) => readFileSync(new URL(name, folder), 'utf8'));
    } catch {
      // Not here: the other place has them.
    }
  }
  throw new Error('the definitions of workflows are missing');
}
