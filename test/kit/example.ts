type Schema = Readonly<Record<string, unknown>>;

/** A small value that a schema takes, without optional members. */
export function exampleOf(schema: object): unknown {
  const { const: constant, enum: choices, anyOf, oneOf, allOf, type, ...rest } = schema as Schema;
  if (constant !== undefined) return constant;
  if (Array.isArray(choices)) return choices[0];
  const [branch] = (anyOf ?? oneOf ?? []) as Schema[];
  if (branch) return exampleOf(branch);
  if (Array.isArray(allOf)) return Object.assign({}, ...allOf.map(exampleOf), exampleOf({ type: 'object', ...rest }));
  const {
    properties = {},
    required = [],
    items = {},
    minItems = 0,
    minProperties = 0,
  } = rest as {
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly required?: readonly string[];
    readonly items?: Schema;
    readonly minItems?: number;
    readonly minProperties?: number;
  };
  switch (type) {
    case 'object': {
      const names = required.length >= minProperties ? required : Object.keys(properties).slice(0, minProperties);
      return Object.fromEntries(names.map((name) => [name, exampleOf(properties[name] ?? {})]));
    }
    case 'array':
      return Array.from({ length: minItems }, () => exampleOf(items));
    case 'integer':
    case 'number':
      return rest.minimum ?? 1;
    case 'boolean':
      return false;
    case 'string':
      return textOf(rest);
    default:
      return 'x';
  }
}

function textOf({ format, minLength = 1 }: Schema): string {
  if (format === 'uuid') return '0193a1b2-0000-7000-8000-000000000000';
  if (format === 'date-time') return '2026-01-01T00:00:00Z';
  if (format === 'email') return 'someone@example.com';
  if (format === 'uri') return 'http://127.0.0.1:9/';
  return 'x'.repeat(minLength as number);
}
