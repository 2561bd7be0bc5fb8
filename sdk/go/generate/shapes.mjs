// JSON Schemas read as the few shapes that Go knows.
import { exported } from './names.mjs';

/** @typedef {Record<string, any>} Schema */
/** @typedef {import('../../components.mjs').Components} Components */
/**
 * @typedef {object} Member
 * @property {string} name @property {Shape} shape @property {boolean} required @property {string} text
 */
/**
 * @typedef {object} Shape
 * @property {'string' | 'time' | 'integer' | 'number' | 'boolean' | 'any' | 'enum' | 'list' | 'map' | 'object' | 'union'} kind
 * @property {string} [name] of the type that the document names
 * @property {boolean} nullable
 * @property {readonly string[]} [values] of an enum
 * @property {Shape} [of] the items of a list or a map
 * @property {readonly Member[]} [members] of an object
 * @property {boolean} [open] whether an object may have other members
 * @property {string} [tag] of a union: the member that tells its variants apart
 * @property {readonly { value: string, shape: Shape }[]} [variants] of a union
 */

/** @param {Schema} schema */
const isNull = (schema) => schema.type === 'null';

/** @param {Schema} schema @returns {readonly string[] | undefined} */
function stringValues(schema) {
  if (Array.isArray(schema.enum) && schema.enum.every((value) => typeof value === 'string')) return schema.enum;
  return typeof schema.const === 'string' ? [schema.const] : undefined;
}

/** A shape that holds a value of any of these. @param {readonly Shape[]} shapes @returns {Shape} */
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
  return { kind: 'any', nullable };
}

/** @param {Schema} schema @param {Components} components @returns {Shape} */
function objectOf(schema, components) {
  const names = Object.keys(schema.properties ?? {});
  if (names.length === 0) {
    const [values] = Object.values(schema.patternProperties ?? {});
    return { kind: 'map', nullable: false, of: shapeOf(values ?? {}, components) };
  }
  const required = new Set(schema.required ?? []);
  const members = names.map((name) => {
    const property = schema.properties[name];
    return { name, shape: shapeOf(property, components), required: required.has(name), text: textOf(property) };
  });
  return { kind: 'object', nullable: false, members, open: schema.additionalProperties === true };
}

/** @param {Schema} schema @param {Components} components @returns {Shape} */
function unionOf({ oneOf, discriminator }, components) {
  const { propertyName: tag, mapping } = discriminator;
  const variants = Object.keys(mapping).map((value, at) => ({ value, shape: shapeOf(oneOf[at], components) }));
  return { kind: 'union', nullable: false, tag, variants };
}

/** @param {Schema} schema @param {Components} components @returns {Shape} */
export function shapeOf(schema, components) {
  const name = components.nameOf(schema);
  if (name !== undefined) return { ...shapeOf(components.resolve(schema), components), name: exported(name) };
  const values = stringValues(schema);
  if (values) return { kind: 'enum', nullable: false, values };
  if (schema.discriminator) return unionOf(schema, components);
  if (schema['x-items']) return { kind: 'list', nullable: false, of: shapeOf(schema['x-items'], components) };
  if (schema.anyOf) {
    const shapes = schema.anyOf.filter((/** @type {Schema} */ option) => !isNull(option));
    const shape = either(shapes.map((/** @type {Schema} */ option) => shapeOf(option, components)));
    return { ...shape, nullable: shape.nullable || shapes.length < schema.anyOf.length };
  }
  switch (schema.type) {
    case 'string':
      return { kind: schema.format === 'date-time' ? 'time' : 'string', nullable: false };
    case 'integer':
    case 'number':
    case 'boolean':
      return { kind: schema.type, nullable: false };
    case 'array':
      return { kind: 'list', nullable: false, of: shapeOf(schema.items ?? {}, components) };
    case 'object':
      return objectOf(schema, components);
    default:
      return { kind: 'any', nullable: false };
  }
}

/** The comment of a value: its description, its constant, its default. @param {Schema} schema */
function textOf(schema) {
  const parts = [];
  if (schema.description) parts.push(String(schema.description).replace(/\s+/g, ' ').replace(/\.$/, ''));
  if (schema.const !== undefined) parts.push(`Always ${JSON.stringify(schema.const)}`);
  if (schema.default !== undefined) parts.push(`Default: ${JSON.stringify(schema.default)}`);
  return parts.map((part) => `${part}.`).join(' ');
}

/** Shapes of one key hold the same values. @param {Shape} shape @returns {string} */
function keyOf(shape) {
  const nullable = shape.nullable ? '?' : '';
  if (shape.name !== undefined) return `@${shape.name}${nullable}`;
  const parts = [
    shape.values,
    shape.of && keyOf(shape.of),
    shape.members?.map((member) => [member.name, keyOf(member.shape)]),
  ];
  return `${shape.kind}${JSON.stringify(parts)}${nullable}`;
}
