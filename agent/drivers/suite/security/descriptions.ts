import { type Entry, type ListName, type Lists, listKinds, nameOf } from '../lists.js';

/** A text that a server puts before a model. */
export interface Described {
  /** Where it stands, such as `description`. */
  readonly where: string;
  readonly text: string;
}

/** A thing that a server describes, with all the texts of its description. */
export interface Subject {
  /** Such as `tool echo`. */
  readonly name: string;
  readonly texts: readonly Described[];
}

/** Texts of one thing that are looked at, and characters of each and of all. */
const most = { texts: 2000, characters: 16_384, total: 262_144, depth: 24 } as const;

const nouns: Readonly<Record<ListName, string>> = {
  tools: 'tool',
  resources: 'resource',
  templates: 'template',
  prompts: 'prompt',
};

/** All texts with which a server describes itself and its offers. */
export async function descriptions(lists: Lists): Promise<Subject[]> {
  const { serverInfo, instructions } = await lists.initialized();
  const found: Subject[] = [{ name: 'server', texts: textsOf({ serverInfo, instructions }) }];
  for (const list of Object.keys(listKinds) as ListName[])
    for (const entry of await lists.entries(list))
      found.push({ name: `${nouns[list]} ${nameOf(entry, listKinds[list])}`, texts: textsOf(entry) });
  return found;
}

/** Every text within a value, the names of members too. */
function textsOf(value: Entry): Described[] {
  const texts: Described[] = [];
  let total = 0;
  const walk = (at: unknown, where: string, depth: number): void => {
    if (texts.length >= most.texts || total >= most.total || depth > most.depth) return;
    if (typeof at === 'string') {
      const text = at.slice(0, most.characters);
      total += text.length;
      texts.push({ where, text });
    }
    if (typeof at !== 'object' || at === null) return;
    for (const [key, inner] of Object.entries(at)) {
      const inside = where === '' ? key : `${where}.${key}`;
      if (!Array.isArray(at) && depth > 0)
        texts.push({ where: `the name of ${inside}`.slice(0, 200), text: key.slice(0, most.characters) });
      walk(inner, inside, depth + 1);
    }
  };
  walk(value, '', 0);
  return texts;
}
