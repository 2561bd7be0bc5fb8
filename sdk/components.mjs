// The named schemas of an OpenAPI document, for the generators of all SDKs.

/** @typedef {Readonly<Record<string, any>>} Schema */

const place = '#/components/schemas/';

/** The form of failures is no generated type: each SDK has an error of its own. */
const left = 'Error';

/** The parameters of an operation. Each schema has the description of its parameter, as the schemas of bodies have theirs. @param {Schema} operation @returns {any[]} */
export const parametersOf = ({ parameters = [] }) =>
  parameters.map((/** @type {Schema} */ { description, schema, ...rest }) => ({
    ...rest,
    schema: { ...schema, description },
  }));

export class Components {
  /** @type {ReadonlyMap<string, Schema>} */
  #schemas;

  /** @param {Schema} document */
  constructor(document) {
    const schemas = Object.entries(document.components?.schemas ?? {});
    this.#schemas = new Map(schemas.filter(([name]) => name !== left));
  }

  /** Names and schemas, in the order of the document. */
  entries() {
    return [...this.#schemas];
  }

  /** The name that a schema refers to; `undefined` for an inline schema. @param {Schema} schema @returns {string | undefined} */
  nameOf({ $ref }) {
    return $ref?.slice(place.length);
  }

  /** The schema itself, where one refers to it by name. @template {Schema | undefined} S @param {S} schema @returns {S} */
  resolve(schema) {
    const name = schema && this.nameOf(schema);
    if (name === undefined) return schema;
    const found = this.#schemas.get(name);
    if (!found) throw new Error(`the document has no component ${name}`);
    return /** @type {S} */ (found);
  }

  /** The names of all components that the schemas refer to, directly or through others. @param {readonly Schema[]} schemas @returns {Set<string>} */
  reachable(schemas) {
    /** @type {Set<string>} */
    const names = new Set();
    const visit = (/** @type {unknown} */ value) => {
      if (typeof value !== 'object' || value === null) return;
      const name = '$ref' in value ? this.nameOf(value) : undefined;
      if (name !== undefined && !names.has(name)) {
        names.add(name);
        visit(this.#schemas.get(name));
      }
      for (const part of Object.values(value)) visit(part);
    };
    visit(schemas);
    return names;
  }
}
