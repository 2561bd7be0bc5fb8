import { expecting } from '@roundhouse/proto/wording';
import { type Static, Type } from 'typebox';

/** The arguments that choose a Docker Engine. */
export const engine = {
  site: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Whose Docker Engine; default: the only site that has one',
    }),
  ),
  agent: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      description: "The agent's name, NAME@SITE or id, where a site has several engines",
    }),
  ),
};
const Engine = Type.Object(engine);

/** The argument that names a container. */
export const container = Type.String({ minLength: 1, maxLength: 255, description: "The container's name or id" });

/** The argument that names an image. */
export const image = Type.String({
  minLength: 1,
  maxLength: 512,
  description: 'Such as nginx:1.27 or registry.example.org/team/app@sha256:…',
});

/** Seconds until a container is killed. */
export const timeout = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 600,
    description: "Seconds that it may take to end by itself before it is killed; default: the container's own, 10",
  }),
);

export const variables = Type.Record(
  Type.String({ minLength: 1, maxLength: 256, pattern: '^[^=]+$' }),
  Type.String({ maxLength: 32_768 }),
  { default: {}, maxProperties: 1000, description: 'Environment variables', ...expecting("a name without '='") },
);

export const words = Type.Array(Type.String({ maxLength: 32_768 }), { maxItems: 256 });

/** Splits arguments into the choice of the engine and the others. */
export function choiceOf<T extends Static<typeof Engine>>({ site, agent, ...rest }: T) {
  return { choice: { site, agent }, ...rest };
}
