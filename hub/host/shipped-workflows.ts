import { readdirSync, readFileSync } from 'node:fs';
import { packageFolder } from './package.js';

/** The workflows that ship with the hub, as YAML. */
export function shippedWorkflows(): string[] {
  const folder = new URL('domain/workflows/definitions/', packageFolder);
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return names.sort().map((name) => readFileSync(new URL(name, folder), 'utf8'));
}
