import { readdirSync, readFileSync } from 'node:fs';

/** The folder of this package, for the sources, the compiled files below `dist` and the bundle below `bundle`. */
export const packageFolder: URL = find(new URL('./', import.meta.url));

/** The hub's semantic version, from its package. */
export const version: string = JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')).version;

function find(folder: URL): URL {
  try {
    const { name } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { name?: unknown };
    if (name === '@roundhouse/hub') return folder;
  } catch {
    // The folder above may have it.
  }
  const above = new URL('../', folder);
  if (above.href === folder.href) throw new Error('package.json of @roundhouse/hub is missing');
  return find(above);
}

/** The workflows that ship with the hub, as YAML. */
export function shippedWorkflows(): string[] {
  const folder = new URL('domain/workflows/definitions/', packageFolder);
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return names.sort().map((name) => readFileSync(new URL(name, folder), 'utf8'));
}
