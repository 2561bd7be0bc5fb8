type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

/** An object whose fields are in camelCase; their values stay as they are. */
export type CamelKeys<T> = { readonly [Name in keyof T as Camel<Name & string>]: T[Name] };

/** The fields of an object in snake_case, as the API has them. Fields in snake_case stay as they are. */
export function snakeKeys<T extends object>(fields: CamelKeys<T>): T {
  const renamed = Object.entries(fields).map(([name, value]) => [
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  return Object.fromEntries(renamed) as T;
}
