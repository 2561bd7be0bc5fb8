/** The kinds of the members that clients look at; a member that is not named may be anything. */
interface Form {
  readonly required: readonly string[];
  readonly strings: readonly string[];
  readonly objects: readonly string[];
}

const shown = ['title', 'description'] as const;

/** What MCP demands of the entries of its lists. */
export const listedForms = {
  tool: { required: [], strings: [...shown], objects: ['inputSchema', 'outputSchema', 'annotations', '_meta'] },
  resources: { required: ['uri', 'name'], strings: [...shown, 'mimeType'], objects: ['annotations', '_meta'] },
  templates: { required: ['uriTemplate', 'name'], strings: [...shown, 'mimeType'], objects: ['annotations', '_meta'] },
  prompts: { required: ['name'], strings: [...shown], objects: ['_meta'] },
} satisfies Readonly<Record<string, Form>>;

/** Whether an entry of a list is of a form. Clients refuse a whole list because of one entry that is not. */
export function hasForm(
  entry: unknown,
  { required, strings, objects }: Form,
): entry is Readonly<Record<string, unknown>> {
  if (!isObject(entry)) return false;
  // Some servers write `null` for what they leave out.
  const isAbsentOr = (is: (value: unknown) => boolean) => (name: string) =>
    (entry[name] ?? undefined) === undefined || is(entry[name]);
  return (
    required.every((name) => isString(entry[name])) &&
    strings.every(isAbsentOr(isString)) &&
    objects.every(isAbsentOr(isObject))
  );
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
