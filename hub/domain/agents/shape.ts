import { mapInTurns } from '../event-loop.js';

/** A member that may be absent. */
class Optional<S> {
  constructor(readonly shape: S) {}
}

/** One text of a fixed set. If an older agent leaves it out, it is the first one. */
class OneOf<T extends string> {
  constructor(readonly texts: readonly T[]) {}
}

/**
 * The form of an agent's answer. `[form]` is a list, `{ '*': form }` an object with any names, `any` any JSON; `time` is a number of
 * milliseconds since 1970, 0 for never. A `text` has at most {@link LONGEST_TEXT} characters: it may go into records and the audit log. A
 * `document` is an output, a log or a configuration, as long as the answer may be.
 */
export type Shape<T> = unknown extends T
  ? 'any'
  : [T] extends [string]
    ? string extends T
      ? 'text' | 'document'
      : OneOf<T>
    : [T] extends [number]
      ? 'number' | 'time'
      : [T] extends [boolean]
        ? 'flag'
        : T extends readonly (infer Item)[]
          ? readonly [Shape<Item>]
          : string extends keyof T
            ? { readonly '*': Shape<T[keyof T]> }
            : {
                readonly [Name in keyof T]-?: object extends Pick<T, Name>
                  ? Optional<Shape<Exclude<T[Name], undefined>>>
                  : Shape<T[Name]>;
              };

type Scalar = 'text' | 'document' | 'number' | 'time' | 'flag';
type AnyShape =
  | Scalar
  | 'any'
  | OneOf<string>
  | Optional<AnyShape>
  | readonly [AnyShape]
  | { readonly [name: string]: AnyShape };

/** Characters. */
const LONGEST_TEXT = 16 * 1024;
/** The largest moment that a `Date` can be. */
const latest = 8_640_000_000_000_000;
const fits: Readonly<Record<Scalar, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string' && value.length <= LONGEST_TEXT,
  document: (value) => typeof value === 'string',
  // `JSON.parse` reads `1e999` as infinity.
  number: Number.isFinite,
  time: (value) => Number.isFinite(value) && Number(value) >= 0 && Number(value) <= latest,
  flag: (value) => typeof value === 'boolean',
};
const absent: Readonly<Record<Scalar, unknown>> = { text: '', document: '', number: 0, time: 0, flag: false };

/** The form of a value does not fit its shape. */
export class Misshapen extends Error {
  override readonly name = 'Misshapen';
}

/** A member that may be absent. */
export function optional<const S>(shape: S): Optional<S> {
  return new Optional(shape);
}

/** One of several texts. */
export function oneOf<const T extends string>(...texts: readonly T[]): OneOf<T> {
  return new OneOf(texts);
}

/**
 * A copy of an agent's answer in its form. An older agent leaves members out: they are empty, 0 or false. Members that the form lacks are left
 * out.
 * @throws Misshapen if the answer has another form
 */
export function shaped<T>(value: unknown, shape: Shape<T>): T {
  return read(value, shape as AnyShape) as T;
}

/** The same for an answer with long lists: other work runs between the items. @throws Misshapen if the answer has another form */
export async function shapedInTurns<T extends object>(value: object, shape: Shape<T>): Promise<T> {
  const rest: Record<string, unknown> = { ...value };
  const lists: Record<string, unknown> = {};
  for (const [name, form] of Object.entries(shape as Readonly<Record<string, AnyShape>>)) {
    const items = rest[name];
    if (!isList(form) || !Array.isArray(items)) continue;
    rest[name] = [];
    lists[name] = await mapInTurns(items, (item) => read(item, form[0]));
  }
  return { ...shaped<T>(rest, shape), ...lists };
}

function read(value: unknown, shape: AnyShape): unknown {
  const isAbsent = value === undefined || value === null;
  if (shape === 'any') return isAbsent ? null : value;
  if (shape instanceof Optional) return isAbsent ? undefined : read(value, shape.shape);
  if (shape instanceof OneOf) {
    if (isAbsent) return shape.texts[0];
    if (!shape.texts.some((text) => text === value)) throw new Misshapen();
    return value;
  }
  if (typeof shape === 'string') {
    if (isAbsent) return absent[shape];
    if (!fits[shape](value)) throw new Misshapen();
    return value;
  }
  if (isList(shape)) {
    const [item] = shape;
    if (!isAbsent && !Array.isArray(value)) throw new Misshapen();
    return ((value ?? []) as unknown[]).map((one) => read(one, item));
  }
  if (!isAbsent && (typeof value !== 'object' || Array.isArray(value))) throw new Misshapen();
  const given = new Map(Object.entries(value ?? {}));
  const any = shape['*'];
  const members = any
    ? [...given].map(([name, one]) => [name, read(one, any)] as const)
    : Object.entries(shape).map(([name, form]) => [name, read(given.get(name), form)] as const);
  return Object.fromEntries(members.filter(([, one]) => one !== undefined));
}

function isList(shape: AnyShape): shape is readonly [AnyShape] {
  return Array.isArray(shape);
}
