// TypeScript types from the JSON Schemas of the OpenAPI documents. One program makes the documents from one set of building blocks. This
// file knows all of them, and any other is an error, so that no type is wrong in silence.

/**
 * @typedef {object} Schema
 * @property {string} [$ref]
 * @property {string} [type]
 * @property {unknown} [const]
 * @property {readonly unknown[]} [enum]
 * @property {readonly Schema[]} [anyOf]
 * @property {readonly Schema[]} [oneOf]
 * @property {Schema} [x-items] the items of a text that is a list
 * @property {Schema} [items]
 * @property {Readonly<Record<string, Schema>>} [properties]
 * @property {Readonly<Record<string, Schema>>} [patternProperties]
 * @property {boolean | Schema} [additionalProperties]
 * @property {readonly string[]} [required]
 * @property {unknown} [default]
 * @property {string} [description]
 */

/** Keywords that do not change the type. */
const constraints = new Set(
  'description default format pattern minLength maxLength minimum maximum minItems maxItems minProperties maxProperties uniqueItems x-extension x-items'.split(
    ' ',
  ),
);
const known = new Set(
  '$ref type const enum anyOf oneOf discriminator items properties patternProperties additionalProperties required'.split(
    ' ',
  ),
);

/** @param {string} text @param {string} indent @returns {string} a doc comment, or nothing */
export function comment(text, indent) {
  const lines = text
    .replaceAll('*/', '*\\/')
    .split('\n')
    .map((line) => line.trim());
  if (text === '') return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} *${line === '' ? '' : ` ${line}`}\n`).join('')}${indent} */\n`;
}

/** @param {string} name @returns {string} as the name of a property */
export function propertyName(name) {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** @param {Schema} schema @returns {string} its documentation for people */
export function remarks(schema) {
  const { description = '', default: fallback } = schema;
  const standard = fallback === undefined ? '' : `Default: \`${JSON.stringify(fallback)}\`.`;
  const said = description === '' || /[.!?:]$/.test(description) ? description : `${description}.`;
  return [said, standard].filter((text) => text !== '').join(' ');
}

/**
 * @param {Schema} schema
 * @param {{ input: boolean, indent?: string }} options `input`: the type of requests, which are not changed
 * @returns {string}
 */
export function typeOf(schema, { input, indent = '' }) {
  for (const keyword of Object.keys(schema))
    if (!known.has(keyword) && !constraints.has(keyword))
      throw new Error(`JSON Schema keyword ${keyword} is unknown here`);
  const inner = (/** @type {Schema} */ part) => typeOf(part, { input, indent });
  if (schema.$ref) return schema.$ref.replace(/^.*\//, '');
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return [...new Set(options.map(inner))].join(' | ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  switch (schema.type) {
    case undefined:
      return 'unknown';
    case 'integer':
      return 'number';
    case 'string':
      // A list in a string may be given as an array.
      if (!input || !/comma-separated/i.test(schema.description ?? '')) return 'string';
      return `string | readonly ${schema['x-items'] ? inner(schema['x-items']) : 'string'}[]`;
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'array': {
      const item = inner(schema.items ?? {});
      return `${input ? 'readonly ' : ''}${item.includes(' | ') ? `(${item})` : item}[]`;
    }
    case 'object':
      return objectType(schema, { input, indent });
    default:
      throw new Error(`JSON Schema type ${schema.type} is unknown here`);
  }
}

/** @param {Schema} schema @param {{ input: boolean, indent: string }} options @returns {string} */
function objectType(schema, { input, indent }) {
  const { properties = {}, patternProperties = {}, additionalProperties, required = [] } = schema;
  const [pattern] = Object.values(patternProperties);
  if (Object.keys(properties).length === 0) {
    const value = pattern ? typeOf(pattern, { input, indent }) : 'unknown';
    return input ? `Readonly<Record<string, ${value}>>` : `Record<string, ${value}>`;
  }
  const deeper = `${indent}  `;
  const members = Object.entries(properties).map(([name, property]) => {
    const optional = !required.includes(name);
    const type = typeOf(property, { input, indent: deeper });
    const head = `${input ? 'readonly ' : ''}${propertyName(name)}${optional ? '?' : ''}`;
    return `${comment(remarks(property), deeper)}${deeper}${head}: ${type};\n`;
  });
  if (additionalProperties || pattern) members.push(`${deeper}[name: string]: unknown;\n`);
  return `{\n${members.join('')}${indent}}`;
}
