// JSON Schemas read as the few shapes that Go knows.

/** @typedef {Record<string, any>} Schema */
/** @typedef {'request' | 'response'} Direction whom the values come from: the client, or the hub */
/**
 * @typedef {object} Member
 * @property {string} name @property {Shape} shape @property {boolean} required @property {string} text
 */
/**
 * @typedef {object} Shape
 * @property {'string' | 'time' | 'integer' | 'number' | 'boolean' | 'any' | 'enum' | 'list' | 'map' | 'object'} kind
 * @property {boolean} nullable
 * @property {readonly string[]} [values] of an enum
 * @property {Shape} [of] what a list or a map has
 * @property {readonly Member[]} [members] of an object
 * @property {boolean} [open] whether an object may have other members
 */

/** @param {Schema} schema */
const isNull = (schema) => schema.type === 'null';

/** @param {Schema} schema @returns {readonly string[] | undefined} */
function stringValues(schema) {
  if (Array.isArray(schema.enum) && schema.enum.every((value) => typeof value === 'string')) return schema.enum;
  return typeof schema.const === 'string' ? [schema.const] : undefined;
}

/** Several objects of which a value is one, as one object that has all their members. @param {readonly Shape[]} shapes @returns {Shape} */
function merged(shapes) {
  /** @type {Map<string, Member[]>} */
  const found = new Map();
  for (const shape of shapes)
    for (const member of shape.members ?? []) found.set(member.name, [...(found.get(member.name) ?? []), member]);
  const members = [...found.values()].map((same) => {
    const { name = '', text = '' } = same[0] ?? {};
    const required = same.length === shapes.length && same.every((member) => member.required);
    return { name, text, required, shape: either(same.map(({ shape }) => shape)) };
  });
  return { kind: 'object', nullable: false, members, open: shapes.some((shape) => shape.open) };
}

/** What holds a value of any of these. @param {readonly Shape[]} shapes @returns {Shape} */
function either(shapes) {
  const [first] = shapes;
  if (!first) return { kind: 'any', nullable: false };
  const nullable = shapes.some((shape) => shape.nullable);
  const key = keyOf({ ...first, nullable: false });
  if (shapes.every((shape) => keyOf({ ...shape, nullable: false }) === key)) return { ...first, nullable };
  if (shapes.every(({ kind }) => kind === 'enum'))
    return { kind: 'enum', nullable, values: [...new Set(shapes.flatMap(({ values = [] }) => values))] };
  if (shapes.every(({ kind }) => kind === 'string' || kind === 'enum')) return { kind: 'string', nullable };
  if (shapes.every(({ kind }) => kind === 'integer' || kind === 'number')) return { kind: 'number', nullable };
  if (shapes.every(({ kind }) => kind === 'object')) return { ...merged(shapes), nullable };
  return { kind: 'any', nullable };
}

/** @param {Schema} schema @param {Direction} direction @returns {Shape} */
function objectOf(schema, direction) {
  const names = Object.keys(schema.properties ?? {});
  if (names.length === 0) {
    const [values] = Object.values(schema.patternProperties ?? {});
    return { kind: 'map', nullable: false, of: shapeOf(values ?? {}, direction) };
  }
  const required = new Set(schema.required ?? []);
  const members = names.map((name) => {
    const property = schema.properties[name];
    // The hub fills a default in, so that a client may leave it out.
    const isRequired = required.has(name) && !(direction === 'request' && 'default' in property);
    return { name, shape: shapeOf(property, direction), required: isRequired, text: textOf(property) };
  });
  return { kind: 'object', nullable: false, members, open: schema.additionalProperties === true };
}

/** @param {Schema} schema @param {Direction} direction @returns {Shape} */
export function shapeOf(schema, direction) {
  const values = stringValues(schema);
  if (values) return { kind: 'enum', nullable: false, values };
  const options = schema.anyOf ?? schema.oneOf;
  if (options) {
    const shapes = options.filter((/** @type {Schema} */ option) => !isNull(option));
    const shape = either(shapes.map((/** @type {Schema} */ option) => shapeOf(option, direction)));
    return { ...shape, nullable: shape.nullable || shapes.length < options.length };
  }
  switch (schema.type) {
    case 'string':
      return { kind: schema.format === 'date-time' ? 'time' : 'string', nullable: false };
    case 'integer':
    case 'number':
    case 'boolean':
      return { kind: schema.type, nullable: false };
    case 'array':
      return { kind: 'list', nullable: false, of: shapeOf(schema.items ?? {}, direction) };
    case 'object':
      return objectOf(schema, direction);
    default:
      return { kind: 'any', nullable: false };
  }
}

/** What is said of a value: its description, what it is always, its default. @param {Schema} schema */
function textOf(schema) {
  const parts = [];
  if (schema.description) parts.push(String(schema.description).replace(/\s+/g, ' ').replace(/\.$/, ''));
  if (schema.const !== undefined) parts.push(`Always ${JSON.stringify(schema.const)}`);
  if (schema.default !== undefined) parts.push(`Default: ${JSON.stringify(schema.default)}`);
  return parts.map((part) => `${part}.`).join(' ');
}

/** Shapes of one key are one Go type. @param {Shape} shape @returns {string} */
export function keyOf(shape) {
  const nullable = shape.nullable ? '?' : '';
  switch (shape.kind) {
    case 'enum':
      return `${JSON.stringify(shape.values)}${nullable}`;
    case 'list':
    case 'map':
      return `${shape.kind}<${shape.of ? keyOf(shape.of) : ''}>${nullable}`;
    case 'object': {
      const members = (shape.members ?? []).map(
        ({ name, required, shape: own }) => `${name}${required ? '!' : ''}:${keyOf(own)}`,
      );
      return `{${members.join()}${shape.open ? ',…' : ''}}${nullable}`;
    }
    default:
      return `${shape.kind}${nullable}`;
  }
}
