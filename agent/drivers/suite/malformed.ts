import { checkSchema, violation } from './schema-check.js';
import { sampleArguments } from './schema-sample.js';

/** Arguments that a schema does not allow. */
export interface Malformed {
  readonly what: string;
  /** JSON text. */
  readonly json: string;
}

/** Properties that are looked at. */
const most = 16;

const wrong: readonly unknown[] = [{ unexpected: [true] }, 'not what was asked for', 42, [[]], null];

/** Arguments that are wrong by a tool's schema, each in one way; the last are wrong for every tool. */
export function malformed(schema: unknown): Malformed[] {
  const { validate } = checkSchema(schema) as { readonly validate?: Parameters<typeof violation>[0] };
  const found: Malformed[] = [];
  const usual = sampleArguments(schema);
  if (validate && violation(validate, usual) === undefined) {
    const isWrong = (args: unknown) => violation(validate, args) !== undefined;
    const { properties = {}, required = [] } = schema as {
      readonly properties?: Readonly<Record<string, unknown>>;
      readonly required?: readonly string[];
    };
    for (const name of required.slice(0, most)) {
      const { [name]: _left, ...rest } = usual;
      if (isWrong(rest)) found.push({ what: `\`${name}\` is missing`, json: JSON.stringify(rest) });
    }
    for (const name of Object.keys(properties).slice(0, most)) {
      // Programs may take a number for a text and the like: only values that no conversion makes right count.
      const value = wrong.find((each) => isWrong({ ...usual, [name]: each }));
      if (value === undefined) continue;
      const json = JSON.stringify({ ...usual, [name]: value });
      found.push({ what: `\`${name}\` is ${JSON.stringify(value)}`, json });
    }
  }
  return [...found, { what: 'a list in place of an object', json: '[]' }, { what: 'a text', json: '"text"' }];
}
