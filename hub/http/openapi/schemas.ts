import type { TSchema } from 'typebox';
import { isSchema, type JsonSchema, tagOf } from '../schemas.js';

/** `in`: requests, in which the hub fills in defaults; `out`: answers. */
export type Direction = 'in' | 'out';

/**
 * The schemas of one OpenAPI document. A schema with a `title` becomes a component of that name, wherever it stands; unions of constants become
 * `enum`; unions of objects that one member tells apart get a `discriminator`; a member with a default is not required of a client.
 *
 * A component whose two directions differ, because it has defaults, gives its name to answers, and `…Input` to requests.
 */
export class DocumentSchemas {
  readonly #components = new Map<string, JsonSchema>();
  /** The titles of answers. */
  readonly #answered = new Set<string>();

  /** @param answers all answers of the hub: they decide on the names of requests */
  constructor(answers: readonly TSchema[]) {
    for (const answer of answers) collectTitles(answer as JsonSchema, this.#answered);
  }

  /** The components so far, by name. */
  get components(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** @throws Error where two schemas that differ have one title, or a union that a member tells apart has parts without a title */
  of(schema: object, direction: Direction): JsonSchema {
    const { title, ...rest } = schema as JsonSchema;
    const shown = this.#shown(rest, direction);
    if (typeof title !== 'string') return shown;
    const name = this.#nameOf(title, rest, direction);
    const known = this.#components.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(shown))
      throw new Error(`Two schemas that differ are called ${name}`);
    this.#components.set(name, shown);
    return { $ref: `#/components/schemas/${name}` };
  }

  #nameOf(title: string, schema: JsonSchema, direction: Direction): string {
    const hasTwo = direction === 'in' && this.#answered.has(title);
    return hasTwo && hasDefaults(schema) ? `${title}Input` : title;
  }

  #shown(schema: JsonSchema, direction: Direction): JsonSchema {
    const { anyOf, ...copy }: Record<string, unknown> = schema;
    for (const [key, value] of Object.entries(copy)) {
      if (key === 'default' || key === 'const' || key === 'enum') continue;
      if (key === 'properties' || key === 'patternProperties')
        copy[key] = Object.fromEntries(
          Object.entries(value as JsonSchema).map(([name, part]) => [name, this.of(part as JsonSchema, direction)]),
        );
      else if (isSchema(value)) copy[key] = this.of(value, direction);
    }
    if (direction === 'in' && Array.isArray(copy.required)) copy.required = requiredOf(schema);
    if (Array.isArray(copy.required) && copy.required.length === 0) delete copy.required;
    if (Array.isArray(copy.enum) && copy.enum.every((value) => typeof value === 'string')) copy.type = 'string';
    return Array.isArray(anyOf) ? { ...copy, ...this.#union(anyOf as JsonSchema[], direction) } : copy;
  }

  #union(branches: readonly JsonSchema[], direction: Direction): JsonSchema {
    const rest = branches.filter(({ type }) => type !== 'null');
    const constants = rest.map((branch) => branch.const);
    const tag = rest.length > 1 ? tagOf(rest) : undefined;
    let union: JsonSchema;
    if (constants.length > 0 && constants.every((value) => typeof value === 'string'))
      union = { type: 'string', enum: constants };
    else if (tag === undefined) return { anyOf: branches.map((branch) => this.of(branch, direction)) };
    else {
      const oneOf = rest.map((branch) => this.of(branch, direction));
      const mapping = Object.fromEntries(rest.map((branch, at) => [constantOf(branch, tag), oneOf[at]?.$ref]));
      if (Object.values(mapping).includes(undefined))
        throw new Error(`The parts of a union that ${tag} tells apart need titles: ${Object.keys(mapping).join(', ')}`);
      union = { type: 'object', oneOf, discriminator: { propertyName: tag, mapping } };
    }
    return rest.length === branches.length ? union : { anyOf: [union, { type: 'null' }] };
  }
}

function requiredOf({ properties, required }: JsonSchema): readonly string[] {
  const members = properties as Readonly<Record<string, JsonSchema>>;
  return (required as readonly string[]).filter((name) => !('default' in (members[name] ?? {})));
}

function constantOf(schema: JsonSchema, name: string): string {
  return String((schema.properties as Readonly<Record<string, JsonSchema>>)[name]?.const);
}

/** Whether a member at any depth has a default: clients may leave it out, and answers always have it. */
function hasDefaults(schema: JsonSchema): boolean {
  return partsOf(schema).some((part) => 'default' in part || hasDefaults(part));
}

function collectTitles(schema: JsonSchema, titles: Set<string>): void {
  if (typeof schema.title === 'string') titles.add(schema.title);
  for (const part of partsOf(schema)) collectTitles(part, titles);
}

function partsOf(schema: JsonSchema): JsonSchema[] {
  const { properties = {}, patternProperties = {}, anyOf = [], items, additionalProperties } = schema;
  const maps = [properties, patternProperties].flatMap((map) => Object.values(map as object));
  return [...maps, ...(anyOf as unknown[]), items, additionalProperties].filter(isSchema);
}
