import { unreadable } from './answer.js';

/** The form of an agent's answer: `[form]` is a list, and `{ '*': form }` an object with any names. */
export type Shape<T> = T extends string
  ? 'text'
  : T extends number
    ? 'number'
    : T extends boolean
      ? 'flag'
      : T extends readonly (infer Item)[]
        ? readonly [Shape<Item>]
        : string extends keyof T
          ? { readonly '*': Shape<T[keyof T]> }
          : { readonly [Name in keyof T]-?: Shape<T[Name]> };

type AnyShape = 'text' | 'number' | 'flag' | readonly [AnyShape] | { readonly [name: string]: AnyShape };

const ofText = { text: 'string', number: 'number', flag: 'boolean' } as const;
const absent = { text: '', number: 0, flag: false } as const;

/**
 * A copy of an agent's answer in its form. An older agent leaves members out: they are empty, 0 or false. Members that the form lacks are left
 * out.
 * @throws DomainError `internal` if the answer has another form
 */
export function shaped<T>(value: unknown, shape: Shape<T>): T {
  return read(value, shape as AnyShape) as T;
}

function read(value: unknown, shape: AnyShape): unknown {
  if (typeof shape === 'string') {
    if (value === undefined || value === null) return absent[shape];
    if (typeof value !== ofText[shape]) throw unreadable();
    return value;
  }
  if (isList(shape)) {
    const [item] = shape;
    if (!Array.isArray(value ?? [])) throw unreadable();
    return ((value ?? []) as unknown[]).map((one) => read(one, item));
  }
  if (typeof (value ?? {}) !== 'object' || Array.isArray(value)) throw unreadable();
  const given = new Map(Object.entries(value ?? {}));
  const any = shape['*'];
  if (any) return Object.fromEntries([...given].map(([name, one]) => [name, read(one, any)]));
  return Object.fromEntries(Object.entries(shape).map(([name, form]) => [name, read(given.get(name), form)]));
}

function isList(shape: AnyShape): shape is readonly [AnyShape] {
  return Array.isArray(shape);
}
