/** The parts of a database that a reference may name; the default is its connection URL. */
export const referenceFields = ['url', 'host', 'port', 'name', 'username', 'password'] as const;
export type ReferenceField = (typeof referenceFields)[number];

/** `{{database:NAME}}` or `{{database:NAME|FIELD}}`; NAME is a name or an id. */
export interface Reference {
  readonly database: string;
  readonly field: ReferenceField;
}

// Blanks are trimmed afterwards: patterns with blanks around what may be blank take cubic time.
const reference = /\{\{database:([^{}|]*)(?:\|([^{}|]*))?\}\}/g;
/** The same with a workflow's parameter in place of the name: `{{database:${db}}}`. */
const byParameter = /\{\{database:[ \t]*\$\{([A-Za-z0-9_]+)\}[ \t]*(?:\|[^{}|]*)?\}\}/g;

/** Whether a text may hold references: a quick look. */
export function mayRefer(text: string): boolean {
  return text.includes('{{database:');
}

/** The references in a text. A reference to an unknown field comes as it is: the caller of this function checks it. */
export function referencesIn(text: string): { readonly database: string; readonly field: string }[] {
  if (!mayRefer(text)) return [];
  const all = Array.from(text.matchAll(reference), ([, name = '', field]) => partsOf(name, field));
  return all.filter(({ database }) => database !== '');
}

/** The text with each reference replaced. @param resolve gives a reference's value */
export function withoutReferences(text: string, resolve: (reference: Reference) => string): string {
  if (!mayRefer(text)) return text;
  return text.replaceAll(reference, (whole, name: string, field?: string) => {
    const { database, field: wanted } = partsOf(name, field);
    return database === '' ? whole : resolve({ database, field: wanted as ReferenceField });
  });
}

/** All references, for people. */
export const databasePlaceholders = [
  "'{{database:NAME}}'",
  ...referenceFields.filter((field) => field !== 'url').map((field) => `'{{database:NAME|${field}}}'`),
];

/** The text without references to fields that databases have; parameters may stand for names. */
export function withoutKnownReferences(text: string): string {
  return withoutReferences(
    withParameters(text, (name) => name),
    ({ database, field }) => (referenceFields.includes(field) ? '' : `{{database:${database}|${field}}}`),
  );
}

function partsOf(name: string, field = 'url') {
  return { database: name.trim(), field: field.trim() };
}

/** The parameters that stand for names of databases in a text. */
export function databaseParameters(text: string): string[] {
  if (!mayRefer(text)) return [];
  return Array.from(text.matchAll(byParameter), ([, name = '']) => name);
}

/** The text with the parameters' values in the places of names. */
export function withParameters(text: string, value: (name: string) => string): string {
  if (!mayRefer(text)) return text;
  return text.replaceAll(byParameter, (whole, name: string) => whole.replace(`\${${name}}`, () => value(name)));
}

/** Every text in a JSON value. */
export function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) yield* textsIn(item);
}
