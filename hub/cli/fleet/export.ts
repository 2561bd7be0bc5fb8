import { isDeepStrictEqual } from 'node:util';
import { keyOf } from './document.js';
import { API_VERSION } from './format.js';
import { kinds } from './kinds/index.js';
import { type Access, AMBIGUOUS, byName, type Kind, SHIPPED, type State } from './kinds/kind.js';
import { withoutDefaults } from './plan.js';
import { replaced, SECRET } from './secrets.js';

/** The document of a fleet, and the values that the hub does not show. */
export interface Exported {
  readonly document: Readonly<Record<string, unknown>>;
  /** Sentences about records. */
  readonly notes: readonly string[];
}

/** Reads the whole fleet. References take the place of its secrets. The same fleet gives the same document. */
export async function exportFleet(access: Access): Promise<Exported> {
  const document: Record<string, unknown> = { apiVersion: API_VERSION };
  const notes = new Map<string, string[]>();
  const variables = new Set<string>();
  for (const kind of kinds) {
    const note = (name: string, text: string | undefined) => {
      if (text !== undefined) notes.set(text, [...(notes.get(text) ?? []), `${kind.noun} '${name}'`]);
    };
    const found = (await kind.read(access))
      .filter(({ kept }) => kept !== SHIPPED)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const named = byName(found);
    const exported = found.flatMap(({ name, state, unknown }) => {
      if (unknown !== undefined) {
        note(name, `is left out: ${unknown}`);
        return [];
      }
      if (named.get(keyOf(name))?.length !== 1) {
        note(name, AMBIGUOUS);
        return [];
      }
      note(name, kind.unknownOf?.(state));
      if (kind.elsewhere !== undefined && isDefault(state)) return [];
      return [[name, entryOf(kind, name, state, variables)] as const];
    });
    if (exported.length === 0) continue;
    const isList = kind.section === 'webhooks';
    document[kind.section] = isList ? exported.map(([, entry]) => entry) : Object.fromEntries(exported);
  }
  return { document, notes: Array.from(notes, ([note, records]) => `${records.join(', ')}: ${note}`) };
}

/** Whether a site has no policy. */
const isDefault = (state: State) => isDeepStrictEqual(state, { policy: {} });

function entryOf(kind: Kind, name: string, state: State, variables: Set<string>): unknown {
  const entry = withoutDefaults(kind, kind.entryOf(state, name));
  return replaced(withoutEmpty(kind, entry), (found, path) =>
    found === SECRET ? { fromEnv: variableFor([kind.noun, name, ...path], variables) } : found,
  );
}

/** A server's transport without empty lists, which mean the same as absent ones. */
function withoutEmpty(kind: Kind, entry: State): State {
  if (kind.section !== 'servers') return entry;
  const members = Object.entries(entry.transport as State).filter(
    ([, value]) => typeof value !== 'object' || Object.keys(value ?? {}).length > 0,
  );
  return { ...entry, transport: Object.fromEntries(members) };
}

/** Words of a path that do not describe the secret. */
const silent = new Set(['transport', 'env', 'headers']);

/** The name of the variable for a secret, such as `SERVER_FILES_TOKEN`. Each secret has another one. */
function variableFor(path: readonly string[], taken: Set<string>): string {
  const words = path.filter((word, at) => at < 2 || !silent.has(word));
  const plain = words
    .join('_')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
  let name = plain;
  for (let number = 2; taken.has(name); number++) name = `${plain}_${number}`;
  taken.add(name);
  return name;
}
