// Writes a JSON schema's shapes as Python's TypedDicts.
import { singular } from '../../names.mjs';
import { docComment, isName, pascal, quoted } from './names.mjs';

/** @typedef {import('./operations.mjs').Schema} Schema */
/** @typedef {'in' | 'out'} Mode arguments may be of any type that can be read; results are of one certain type */

/** @param {readonly string[]} types */
export function union(types) {
  const flat = [...new Set(types)];
  const literals = flat.filter((type) => type.startsWith('Literal['));
  const rest = flat.filter((type) => !type.startsWith('Literal[') && type !== 'None');
  // `str` includes its literals, but an editor offers them.
  const literal =
    literals.length > 0 ? [`Literal[${[...new Set(literals.flatMap((type) => type.slice(8, -1)))].join(', ')}]`] : [];
  const all = rest.includes('Any') ? ['Any'] : [...literal, ...rest];
  const joined = all.length === 1 ? String(all[0]) : `Union[${all.join(', ')}]`;
  if (!flat.includes('None') || joined === 'Any') return all.length === 0 ? 'None' : joined;
  return all.length === 0 ? 'None' : `Optional[${joined}]`;
}

/** @param {unknown} value */
const literal = (value) =>
  typeof value === 'string'
    ? `Literal[${quoted(value)}]`
    : typeof value === 'boolean'
      ? `Literal[${value ? 'True' : 'False'}]`
      : `Literal[${value}]`;

/** Whether `null` is one of its values. @param {Schema} schema @returns {boolean} */
export const isNullable = (schema) =>
  schema.type === 'null' ||
  schema.const === null ||
  (Array.isArray(schema.type) && schema.type.includes('null')) ||
  (schema.enum ?? []).includes(null) ||
  (schema.anyOf ?? []).some(isNullable);

/** The module with an API's types: the types that the document names, and a type for each shape without a name. */
export class Types {
  /** Name → its fields, to find out whether a name is taken by another. @type {Map<string, string>} */
  #fields = new Map();
  /** @type {Map<string, string>} */
  #classes = new Map();
  /** Names that are no class. @type {Map<string, string>} */
  #aliases = new Map();
  components;

  /** @param {import('../../components.mjs').Components} components @param {ReadonlySet<string>} sent names used in requests @param {ReadonlySet<string>} events unions of a stream's events */
  constructor(components, sent, events) {
    this.components = components;
    for (const [name, schema] of components.entries()) {
      const options = events.has(name) ? (schema.oneOf ?? []) : [];
      for (const option of options) this.#addEvent(components.nameOf(option) ?? '', components.resolve(option));
    }
    for (const [name, schema] of components.entries()) {
      if (this.#aliases.has(name)) continue;
      const mode = sent.has(name) ? 'in' : 'out';
      const type = this.of(schema, name, mode);
      if (type !== name) this.#aliases.set(name, type);
    }
  }

  /** @param {string} name @param {Schema} schema */
  #addEvent(name, { properties: { type, data } }) {
    this.#aliases.set(name, `Event[${literal(type.const)}, ${this.of(data, `${name}Data`, 'out')}]`);
  }

  /**
   * The type that stands for a schema; objects become classes of the module.
   * @param {Schema} schema
   * @param {string} name the name for its class
   * @param {Mode} mode
   * @returns {string}
   */
  of(schema, name, mode) {
    const component = this.components.nameOf(schema);
    if (component !== undefined) return component;
    if (schema.const !== undefined) return schema.const === null ? 'None' : literal(schema.const);
    if (schema.enum)
      return union(schema.enum.map((/** @type {unknown} */ value) => (value === null ? 'None' : literal(value))));
    const options = schema.oneOf ?? schema.anyOf;
    if (options) return union(options.map((/** @type {Schema} */ one) => this.of(one, name, mode)));
    switch (schema.type) {
      case 'string':
        return mode === 'in' && schema.format === 'date-time' ? 'Union[str, datetime]' : 'str';
      case 'integer':
        return 'int';
      case 'number':
        return 'float';
      case 'boolean':
        return 'bool';
      case 'null':
        return 'None';
      case 'array': {
        const item = this.of(schema.items ?? {}, singular(name) === name ? `${name}Item` : singular(name), mode);
        return mode === 'in' ? `Sequence[${item}]` : `List[${item}]`;
      }
      case 'object':
        return this.#object(schema, name, mode);
      default:
        return 'Any';
    }
  }

  /** @param {Schema} schema @param {string} name @param {Mode} mode */
  #object(schema, name, mode) {
    const members = Object.entries(schema.properties ?? {});
    if (members.length === 0) {
      const values = [...Object.values(schema.patternProperties ?? {}), schema.additionalProperties];
      const value = values.find((one) => typeof one === 'object' && one !== null) ?? {};
      const type = this.of(value, singular(name) === name ? `${name}Value` : singular(name), mode);
      return `${mode === 'in' ? 'Mapping' : 'Dict'}[str, ${type}]`;
    }
    const required = new Set(schema.required ?? []);
    const fields = members.map(([wire, member]) => {
      const own = pascal(wire);
      const type = this.of(member, own === name ? own : name + own, mode);
      const given = required.has(wire);
      return { wire, type: given ? type : `NotRequired[${type}]`, doc: String(member.description ?? '') };
    });
    return this.add(name, fields);
  }

  /**
   * A class with these fields.
   * @param {string} name
   * @param {readonly { wire: string, type: string, doc: string }[]} fields
   */
  add(name, fields) {
    const shape = JSON.stringify(fields);
    let free = name;
    for (let next = 2; this.#fields.has(free) && this.#fields.get(free) !== shape; next += 1) free = `${name}${next}`;
    this.#fields.set(free, shape);
    this.#classes.set(
      free,
      fields.every(({ wire }) => isName(wire)) ? classText(free, fields) : callText(free, fields),
    );
    return free;
  }

  /** @returns {readonly string[]} */
  get names() {
    return [...this.#classes.keys(), ...this.#aliases.keys()].sort();
  }

  /** The module's text. @param {string} title */
  text(title) {
    const classes = [...this.#classes.values(), aliasesText(this.#aliases)].join('\n\n');
    const names = [
      'datetime',
      'Any',
      'Dict',
      'List',
      'Literal',
      'Mapping',
      'Optional',
      'Sequence',
      'Union',
      'NotRequired',
      'TypedDict',
    ];
    const used = new Set(names.filter((one) => new RegExp(`\\b${one}\\b`).test(classes)));
    const typing = names.slice(1, 9).filter((one) => used.has(one));
    const late = names.slice(9).filter((one) => used.has(one));
    return [
      `"""Shapes of the inputs and results of the ${title} API. Generated by sdk/python/generate.mjs."""\n`,
      'from __future__ import annotations\n',
      [
        ...(used.has('datetime') ? ['from datetime import datetime\n'] : []),
        ...(typing.length > 0 ? [`from typing import ${typing.join(', ')}\n`] : []),
        ...(late.length > 0 ? [`\nfrom typing_extensions import ${late.join(', ')}\n`] : []),
        ...(/\bEvent\[/.test(classes) ? ['\nfrom .._streams import Event\n'] : []),
      ].join(''),
      `__all__ = [\n${this.names.map((name) => `    ${quoted(name)},\n`).join('')}]\n`,
      `\n${classes}`,
    ].join('\n');
  }
}

/** Python reads these at once, so each stands after the names that it uses. @param {ReadonlyMap<string, string>} aliases */
function aliasesText(aliases) {
  /** @type {Set<string>} */
  const written = new Set();
  /** @param {string} name @returns {string} */
  const write = (name) => {
    const type = aliases.get(name);
    if (type === undefined || written.has(name)) return '';
    written.add(name);
    const before = (type.match(/\b[A-Z]\w*/g) ?? []).map(write).join('');
    return `${before}${name} = ${type}\n`;
  };
  return [...aliases.keys()].map(write).join('');
}

/** @param {string} name @param {readonly { wire: string, type: string, doc: string }[]} fields */
function classText(name, fields) {
  const lines = fields.map(({ wire, type, doc }) => `    ${wire}: ${type}\n${doc ? docComment([doc], '    ') : ''}`);
  return `class ${name}(TypedDict):\n${lines.join('')}`;
}

/** Where a field has a name that Python keeps for itself. @param {string} name @param {readonly { wire: string, type: string, doc: string }[]} fields */
function callText(name, fields) {
  const lines = fields.map(({ wire, type }) => {
    const optional = /^NotRequired\[(.*)\]$/.exec(type);
    const text = optional
      ? `NotRequired[${quoted(optional[1] ?? '').replaceAll('\\"', "'")}]`
      : quoted(type).replaceAll('\\"', "'");
    return `        ${quoted(wire)}: ${text},\n`;
  });
  return `${name} = TypedDict(\n    ${quoted(name)},\n    {\n${lines.join('')}    },\n)\n`;
}
