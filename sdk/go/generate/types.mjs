// The Go types of one API, named and written as gofmt has them.

import { singular } from '../../names.mjs';
import { comment } from './comment.mjs';
import { exported } from './names.mjs';
import { shapeOf } from './shapes.mjs';

/** @typedef {import('./shapes.mjs').Shape} Shape */
/** @typedef {import('./shapes.mjs').Components} Components */
/** @typedef {'request' | 'response'} Direction whom the values come from: the client, or the hub */

const simple = {
  string: 'string',
  time: 'time.Time',
  integer: 'int64',
  number: 'float64',
  boolean: 'bool',
  any: 'any',
};

/** The types of one API: the types that the document names, and a type for each shape without a name. */
export class Types {
  /** @type {Set<string>} */
  #names = new Set();
  /** Types of shapes that have no name. @type {Map<Shape, string>} */
  #known = new Map();
  /** Components that are variants of a union, and the member that the union writes. @type {ReadonlyMap<string, string>} */
  #tags;
  components;

  /** @param {Components} components */
  constructor(components) {
    this.components = components;
    const variants = components
      .entries()
      .flatMap(([, { oneOf = [], discriminator }]) =>
        oneOf.map((/** @type {import('./shapes.mjs').Schema} */ option) => [
          exported(components.nameOf(option) ?? ''),
          discriminator.propertyName,
        ]),
      );
    this.#tags = new Map(variants);
  }

  /** Declares the components. @param {ReadonlySet<string>} sent the components that clients send */
  declareComponents(sent) {
    for (const [name] of this.components.entries()) this.claim(exported(name));
    for (const [name, schema] of this.components.entries()) {
      const shape = shapeOf(schema, this.components);
      const about = schema.description ? lowerFirst(schema.description) : 'a component of the API’s document';
      this.#declare(shape, exported(name), about, sent.has(name) ? 'request' : 'response');
    }
  }
  /** Declarations not yet taken. @type {string[]} */
  #declared = [];

  /** @param {string} name @returns {string} the name, or one like it that is free */
  claim(name) {
    let free = name;
    for (let n = 2; this.#names.has(free); n += 1) free = `${name}${n}`;
    this.#names.add(free);
    return free;
  }

  /** @param {string} name */
  isFree(name) {
    return !this.#names.has(name);
  }

  /** The declarations since the last call. */
  take() {
    const declared = this.#declared;
    this.#declared = [];
    return declared;
  }

  /** @param {string} text a declaration of its own */
  declare(text) {
    this.#declared.push(text);
  }

  /**
   * The Go type of a shape, not nullable; declares the types it needs.
   * @param {Shape} shape @param {string} name of a type, should it need one @param {string} about the start of its comment @param {Direction} direction
   * @returns {string}
   */
  type(shape, name, about, direction) {
    if (shape.name !== undefined) return shape.name;
    const { of } = shape;
    switch (shape.kind) {
      case 'list':
        return of ? `[]${pointed(of, this.type(of, singular(name), about, direction))}` : '[]any';
      case 'map':
        return of ? `map[string]${pointed(of, this.type(of, singular(name), about, direction))}` : 'map[string]any';
      case 'enum':
      case 'union':
      case 'object':
        if (shape.kind === 'enum' && shape.values?.length === 1) return 'string';
        return this.#known.get(shape) ?? this.#declare(shape, this.claim(name), about, direction);
      default:
        return simple[shape.kind];
    }
  }

  /** @param {import('./shapes.mjs').Schema} schema @param {string} name @param {string} about @param {Direction} direction */
  ofSchema(schema, name, about, direction) {
    return this.type(shapeOf(schema, this.components), name, about, direction);
  }

  /** @param {Shape} shape @param {string} type its name @param {string} about @param {Direction} direction @returns {string} the name */
  #declare(shape, type, about, direction) {
    this.#known.set(shape, type);
    if (shape.kind === 'enum') this.#enum(shape, type, about);
    else if (shape.kind === 'union') this.#union(shape, type, about);
    else if (shape.kind === 'object') this.#struct(shape, type, about, direction);
    else
      this.#declared.push(
        `${comment(`${type} is ${about}.`)}type ${type} ${this.type(shape, type, about, direction)}\n`,
      );
    return type;
  }

  /** @param {Shape} shape @param {string} type @param {string} about */
  #enum(shape, type, about) {
    const values = (shape.values ?? []).map((value) => ({
      constant: this.claim(`${type}${exported(value)}`),
      value: JSON.stringify(value),
    }));
    const width = Math.max(...values.map(({ constant }) => constant.length));
    const lines = values.map(({ constant, value }) => `\t${constant.padEnd(width)} ${type} = ${value}`);
    this.#declared.push(
      `${comment(`${type} is ${about}.`)}type ${type} string\n\n// Values of ${type}.\nconst (\n${lines.join('\n')}\n)\n`,
    );
  }

  /** A struct with a pointer for each variant. @param {Shape} shape @param {string} type @param {string} about */
  #union({ tag = '', variants = [] }, type, about) {
    const members = variants.map(({ value, shape }) => ({ value, field: exported(value), go: shape.name ?? '' }));
    const given = 'Type says which member is set, in answers of the hub. In requests, it need not be set.';
    const unknown = 'Raw is the answer of the hub, if this version of the module does not know the type.';
    const fields = [
      { name: 'Type', go: 'string', text: given },
      ...members.map(({ field, go }) => ({ name: field, go: `*${go}`, text: '' })),
      { name: 'Raw', go: 'json.RawMessage', text: unknown },
    ].map((field) => ({ ...field, tag: '' }));
    const variantsOf = (/** @type {string} */ before) =>
      members.map(({ value, field }) => `\t\t{Type: "${value}", Value: ${before}u.${field}},\n`).join('');
    this.#declared.push(
      `${comment(`${type} is ${about}. One of its members is set.`)}type ${type} struct {\n${fieldLines(fields)}\n}\n`,
      `// MarshalJSON writes the member that is set.\nfunc (u ${type}) MarshalJSON() ([]byte, error) {\n` +
        `\treturn rest.EncodeUnion("${tag}", u.Raw, []rest.Variant{\n${variantsOf('')}\t})\n}\n`,
      `// UnmarshalJSON sets the member that the JSON is of.\nfunc (u *${type}) UnmarshalJSON(text []byte) error {\n\t*u = ${type}{}\n` +
        `\treturn rest.DecodeUnion(text, "${tag}", &u.Type, &u.Raw, []rest.Variant{\n${variantsOf('&')}\t})\n}\n`,
    );
  }

  /** @param {Shape} shape @param {string} type @param {string} about @param {Direction} direction */
  #struct(shape, type, about, direction) {
    // Its place comes before the types of its fields.
    const place = this.#declared.push('') - 1;
    const written = this.#tags.get(type);
    const members = (shape.members ?? []).filter((member) => member.name !== written);
    const fields = members.map((member) => {
      const name = exported(member.name);
      const bare = this.type(member.shape, `${type}${name}`, `the value of ${type}.${name}`, direction);
      const { go, omit } = fieldType(member, bare, direction);
      return { name, go, tag: `json:"${member.name}${omit ? ',omitempty' : ''}"`, text: member.text };
    });
    if (shape.open && direction === 'request')
      fields.push({
        name: 'More',
        go: 'map[string]any',
        tag: 'json:"-"',
        text: 'Further members, sent with the others.',
      });
    this.#declared[place] =
      `${comment(`${type} is ${about}.`)}type ${type} struct${fields.length ? ` {\n${fieldLines(fields)}\n` : '{'}}\n`;
  }
}

/** @param {string} text */
const lowerFirst = (text) => `${text.charAt(0).toLowerCase()}${text.slice(1).replace(/\.$/, '')}`;

/** @param {Shape} shape @param {string} go */
export function pointed(shape, go) {
  return shape.nullable && !isNilable(go) ? `*${go}` : go;
}

/** @param {string} go */
const isNilable = (go) => /^(?:\[\]|map\[|any$)/.test(go);

/** @param {import('./shapes.mjs').Member} member @param {string} go @param {Direction} direction */
function fieldType({ required, shape }, go, direction) {
  if (direction === 'request' && !required && shape.nullable) return { go: `rest.Nullable[${go}]`, omit: true };
  const pointer = (!required || shape.nullable) && !isNilable(go);
  return { go: pointer ? `*${go}` : go, omit: !required };
}

/** @typedef {{ name: string, go: string, tag: string, text: string }} Field */

/** Fields with comments stand alone; those without are aligned with their neighbours. @param {readonly Field[]} fields */
export function fieldLines(fields) {
  /** @type {Field[][]} */
  const blocks = [];
  for (const field of fields) {
    const last = blocks.at(-1);
    if (last && field.text === '' && last[0]?.text === '') last.push(field);
    else blocks.push([field]);
  }
  return blocks.map(block).join('\n\n');
}

/** @param {readonly Field[]} fields */
function block(fields) {
  const name = Math.max(...fields.map((field) => field.name.length));
  const type = Math.max(...fields.map((field) => field.go.length));
  return fields
    .map(({ text, name: own, go, tag }) => {
      const line = `${own.padEnd(name)} ${tag === '' ? go : `${go.padEnd(type)} \`${tag}\``}`;
      return `${comment(text, '\t')}\t${line}`;
    })
    .join('\n');
}
