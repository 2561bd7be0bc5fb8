// The Go types of one API, named and written as gofmt has them.

import { singular } from '../../names.mjs';
import { comment } from './comment.mjs';
import { exported } from './names.mjs';
import { keyOf, shapeOf } from './shapes.mjs';

/** @typedef {import('./shapes.mjs').Shape} Shape */
/** @typedef {import('./shapes.mjs').Direction} Direction */

const simple = {
  string: 'string',
  time: 'time.Time',
  integer: 'int64',
  number: 'float64',
  boolean: 'bool',
  any: 'any',
};

/** The types of one API: what is alike has one type, named by who had it first. */
export class Types {
  /** @type {Set<string>} */
  #names = new Set();
  /** @type {Map<string, string>} */
  #known = new Map();
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

  /** What was declared since this was last asked. */
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
   * The Go type of a shape, without what makes it nullable; declares the types it needs.
   * @param {Shape} shape @param {string} name of a type, should it need one @param {string} about the start of its comment @param {Direction} direction
   * @returns {string}
   */
  type(shape, name, about, direction) {
    const { of } = shape;
    switch (shape.kind) {
      case 'list':
        return of ? `[]${pointed(of, this.type(of, singular(name), about, direction))}` : '[]any';
      case 'map':
        return of ? `map[string]${pointed(of, this.type(of, singular(name), about, direction))}` : 'map[string]any';
      case 'enum':
        return (shape.values ?? []).length === 1 ? 'string' : this.#enum(shape, name, about);
      case 'object':
        return this.#struct(shape, name, about, direction);
      default:
        return simple[shape.kind];
    }
  }

  /** @param {import('./shapes.mjs').Schema} schema @param {string} name @param {string} about @param {Direction} direction */
  ofSchema(schema, name, about, direction) {
    return this.type(shapeOf(schema, direction), name, about, direction);
  }

  /** @param {Shape} shape @param {string} name @param {string} about */
  #enum(shape, name, about) {
    const key = `enum ${keyOf({ ...shape, nullable: false })}`;
    const known = this.#known.get(key);
    if (known) return known;
    const type = this.claim(name);
    this.#known.set(key, type);
    const values = (shape.values ?? []).map((value) => ({
      constant: this.claim(`${type}${exported(value)}`),
      value: JSON.stringify(value),
    }));
    const width = Math.max(...values.map(({ constant }) => constant.length));
    const lines = values.map(({ constant, value }) => `\t${constant.padEnd(width)} ${type} = ${value}`);
    this.#declared.push(
      `${comment(`${type} is ${about}.`)}type ${type} string\n\n// Values of ${type}.\nconst (\n${lines.join('\n')}\n)\n`,
    );
    return type;
  }

  /** @param {Shape} shape @param {string} name @param {string} about @param {Direction} direction */
  #struct(shape, name, about, direction) {
    const key = `${direction} ${keyOf({ ...shape, nullable: false })}`;
    const known = this.#known.get(key);
    if (known) return known;
    const type = this.claim(name);
    this.#known.set(key, type);
    // Its place comes before the types of its fields.
    const place = this.#declared.push('') - 1;
    const fields = (shape.members ?? []).map((member) => {
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
        text: 'Members beyond those above; they are sent beside them.',
      });
    this.#declared[place] =
      `${comment(`${type} is ${about}.`)}type ${type} struct {${fields.length ? `\n${fieldLines(fields)}\n` : ''}}\n`;
    return type;
  }
}

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
    .map(
      (field) => `${comment(field.text, '\t')}\t${field.name.padEnd(name)} ${field.go.padEnd(type)} \`${field.tag}\``,
    )
    .join('\n');
}
