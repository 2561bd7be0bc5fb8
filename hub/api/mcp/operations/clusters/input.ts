import { type Static, Type } from 'typebox';

/** The argument that names a Kubernetes cluster. */
export const cluster = Type.String({ minLength: 1, maxLength: 64, description: "The cluster's name or id" });

const namespace = Type.String({ minLength: 1, maxLength: 253, default: 'default' });

/** The arguments for a place in a cluster. */
export const place = { cluster, namespace };
const Place = Type.Object(place);

export const pod = Type.String({ minLength: 1, maxLength: 253, description: "The pod's name" });
export const deployment = Type.String({ minLength: 1, maxLength: 253, description: "The deployment's name" });

export const podContainer = Type.Optional(
  Type.String({ minLength: 1, maxLength: 253, description: 'The container; needed where the pod has several' }),
);

/** The arguments of a list. */
export const selection = {
  labelSelector: Type.Optional(
    Type.String({ maxLength: 4096, description: 'As Kubernetes reads it, such as app=web,tier!=cache' }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
};

export const texts = Type.Record(Type.String({ minLength: 1, maxLength: 320 }), Type.String({ maxLength: 262_144 }), {
  default: {},
  maxProperties: 1000,
});

/** Splits arguments into the place and the others. */
export function placeOf<T extends Static<typeof Place>>({ cluster, namespace, ...rest }: T) {
  return { place: { cluster, namespace }, ...rest };
}

/** A list for a model: no more entries than it asked for. */
export function several<T, R>(
  { items, complete }: { readonly items: readonly T[]; readonly complete: boolean },
  limit: number,
  show: (item: T) => R,
) {
  return { items: items.slice(0, limit).map(show), total: items.length, complete };
}
