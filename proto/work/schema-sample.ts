import { nestsDeeper, tooDeep } from './depth.js';

type Schema = Readonly<Record<string, unknown>>;

/** Schemas refer to themselves. */
const deepest = 8;
/** A sample of more values, or of a longer text, is not made: each level can name the whole schema several times. */
const most = { values: 10_000, characters: 262_144 } as const;

/**
 * The value that a JSON Schema asks for at a tool's arguments: always an object. It fits the schema, as far as the keywords that tools use
 * can tell. A caller that needs to be sure validates it.
 * @param optional whether properties that may be absent are there
 * @throws Error for a sample that is too large, or a schema that nests too deeply
 */
export function sampleArguments({ schema, optional }: { readonly schema: unknown; readonly optional: boolean }) {
  if (nestsDeeper(schema)) throw tooDeep();
  const value = new Sampler(schema, optional).sample(schema, 0);
  if (!isSchema(value)) return {};
  if (JSON.stringify(value).length > most.characters)
    throw new Error(`it asks for more than ${most.characters} characters`);
  return value;
}

class Sampler {
  #values = 0;

  constructor(
    private readonly root: unknown,
    private readonly optional: boolean,
  ) {}

  sample(schema: unknown, depth: number): unknown {
    this.#values += 1;
    if (this.#values > most.values) throw new Error(`it asks for more than ${most.values} values`);
    if (!isSchema(schema)) return 'text';
    if (depth > deepest) return null;
    const next = (inner: unknown) => this.sample(inner, depth + 1);
    if (typeof schema.$ref === 'string') return next(resolved(schema.$ref, this.root));
    if ('const' in schema) return schema.const;
    if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
    if ('default' in schema) return schema.default;
    if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
    const [choice] = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
    if (choice !== undefined && schema.type === undefined) return next(choice);
    const all = Array.isArray(schema.allOf) ? schema.allOf.filter(isSchema) : [];
    const merged = all.reduce<Schema>((whole, part) => mergedWith(whole, part, this.root), schema);
    return ofType(merged, next, this.optional);
  }
}

function ofType(schema: Schema, next: (inner: unknown) => unknown, optional: boolean): unknown {
  switch (typeName(schema)) {
    case 'object': {
      const properties = isSchema(schema.properties) ? schema.properties : {};
      const required = new Set(Array.isArray(schema.required) ? schema.required : []);
      const names = Object.keys(properties).filter((name) => optional || required.has(name));
      return Object.fromEntries(names.map((name) => [name, next(properties[name])]));
    }
    case 'array': {
      const first = Array.isArray(schema.prefixItems) ? schema.prefixItems.map(next) : [];
      const least = Math.min(16, numberOf(schema.minItems, optional ? 1 : 0));
      while (first.length < least) first.push(next(schema.items ?? true));
      return first;
    }
    case 'integer':
    case 'number':
      return numberFor(schema);
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return stringFor(schema);
  }
}

function typeName(schema: Schema): unknown {
  if (Array.isArray(schema.type)) return schema.type.find((name) => name !== 'null') ?? 'null';
  if (schema.type !== undefined) return schema.type;
  if ('properties' in schema || 'required' in schema) return 'object';
  if ('items' in schema || 'prefixItems' in schema) return 'array';
  return 'minimum' in schema || 'maximum' in schema ? 'number' : 'string';
}

function numberFor(schema: Schema): number {
  const step = Math.abs(numberOf(schema.multipleOf, schema.type === 'integer' ? 1 : 0));
  const low = Math.max(
    numberOf(schema.minimum, Number.NEGATIVE_INFINITY),
    numberOf(schema.exclusiveMinimum, Number.NEGATIVE_INFINITY) + (step || 1),
  );
  const high = Math.min(
    numberOf(schema.maximum, Number.POSITIVE_INFINITY),
    numberOf(schema.exclusiveMaximum, Number.POSITIVE_INFINITY) - (step || 0.001),
  );
  const value = Math.min(Math.max(1, low), Number.isFinite(high) ? high : Number.MAX_SAFE_INTEGER);
  return step > 0 ? Math.ceil(value / step) * step : value;
}

const formats: Readonly<Record<string, string>> = {
  date: '2025-01-02',
  time: '03:04:05Z',
  'date-time': '2025-01-02T03:04:05Z',
  duration: 'PT1S',
  email: 'nobody@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  'uri-reference': '/example',
  uuid: '00000000-0000-4000-8000-000000000000',
  regex: 'a',
  'json-pointer': '/a',
};

function stringFor(schema: Schema): string {
  const text = (typeof schema.format === 'string' ? formats[schema.format] : undefined) ?? 'text';
  const least = Math.min(10_000, numberOf(schema.minLength, 0));
  return text.padEnd(least, 'x').slice(0, numberOf(schema.maxLength, Number.POSITIVE_INFINITY));
}

function mergedWith(whole: Schema, part: Schema, root: unknown): Schema {
  const added = typeof part.$ref === 'string' ? resolved(part.$ref, root) : part;
  if (!isSchema(added)) return whole;
  const properties = { ...(whole.properties as Schema | undefined), ...(added.properties as Schema | undefined) };
  const required = [whole.required, added.required].flatMap((list) => (Array.isArray(list) ? list : []));
  return { ...added, ...whole, properties, required };
}

/** The target of a reference within the schema. */
function resolved(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#')) return undefined;
  let at = root;
  for (const part of reference.slice(1).split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isSchema(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
