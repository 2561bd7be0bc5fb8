import { Type } from 'typebox';
import { isoTime } from '../../../../domain/moments.js';
import { granted, operation } from '../operation.js';
import { tellNotes } from './container-runs.js';
import { choiceOf, engine, image } from './input.js';

/** Images of the Docker Engines. */
export const imageOperations = [
  operation({
    name: 'roundhouse_list_images',
    title: 'List images',
    description: 'List the Docker images that a site has, newest first, with how many containers use each.',
    permission: 'docker.read',
    effect: 'read',
    input: Type.Object({
      ...engine,
      name: Type.String({ maxLength: 512, default: '', description: 'Text that one of their names holds' }),
      limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
    }),
    async run({ docker }, input, { origin, signal }) {
      const { choice, ...query } = choiceOf(input);
      const found = await docker.images.list(granted(origin), choice, query, signal);
      const images = found.images.map(({ createdAt, ...rest }) => ({ ...rest, createdAt: isoTime(createdAt) }));
      return { ...found, images };
    },
  }),
  operation({
    name: 'roundhouse_pull_image',
    title: 'Pull an image',
    description: 'Fetch a Docker image from its registry, as the user of the site’s agent is signed in there.',
    permission: 'docker.operate',
    effect: 'change',
    idempotent: true,
    audit: { action: 'image.pull', subject: 'image' },
    input: Type.Object({
      ...engine,
      image,
      platform: Type.String({ maxLength: 64, default: '', description: 'Such as linux/arm64' }),
    }),
    run({ docker }, input, call) {
      const { choice, ...what } = choiceOf(input);
      const waiting = { signal: call.signal, onProgress: tellNotes(call) };
      return docker.images.pull(granted(call.origin), choice, what, waiting);
    },
  }),
  operation({
    name: 'roundhouse_remove_image',
    title: 'Remove an image',
    description: 'Take a name of a Docker image away, and the image itself with its last name.',
    permission: 'docker.operate',
    effect: 'destructive',
    audit: { action: 'image.remove', subject: 'image' },
    input: Type.Object({
      ...engine,
      image: Type.String({ minLength: 1, maxLength: 512, description: "The image's name or id" }),
      force: Type.Boolean({
        default: false,
        description: 'Though a stopped container needs it, or it has several names',
      }),
    }),
    run({ docker }, input, { origin }) {
      const { choice, ...what } = choiceOf(input);
      return docker.images.remove(granted(origin), choice, what);
    },
  }),
];
