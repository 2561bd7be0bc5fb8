import { form } from '@roundhouse/proto/wording';
import { type TSchema, Type } from 'typebox';

/** Pieces of `seeds/004` that several endpoints share. */

/** An id or a name in a path. */
export const IdOrName = Type.String({ minLength: 1, maxLength: 128, description: 'Id or name' });
export const Name = Type.String({
  minLength: 1,
  maxLength: 128,
  ...form(
    'no control characters, and no blank first or last',
    '^[^\\s\\u0000-\\u001f]([^\\u0000-\\u001f]*[^\\s\\u0000-\\u001f])?$',
  ),
});
export const Description = Type.String({ maxLength: 4096 });
export const Message = Type.Object({ message: Type.String() }, { title: 'Message' });

/** The requested part of a list. */
export const pageQuery = {
  skip: Type.Integer({ minimum: 0, maximum: 1_000_000_000, default: 0, description: 'Records to skip' }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: 'Records to return at most' }),
};

export function PageOf<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    total: Type.Integer({ description: 'On all pages' }),
    skip: Type.Integer(),
    limit: Type.Integer(),
  });
}

interface Part {
  readonly skip: number;
  readonly limit: number;
}

/** A part of a list in memory. */
export function pageOf<T, R>(all: readonly T[], { skip, limit }: Part, render: (item: T) => R) {
  return { items: all.slice(skip, skip + limit).map(render), total: all.length, skip, limit };
}
