import type { Fields } from '../lists/field.js';
import type { ContainerSummary, ImageSummary } from './answers.js';

/** The fields by which a list of containers can be filtered and sorted. */
export const containerFields = {
  id: { type: 'string', of: ({ id }) => id },
  name: { type: 'string', of: ({ name }) => name },
  image: { type: 'string', of: ({ image }) => image },
  state: { type: 'string', of: ({ state }) => state },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt || null },
} satisfies Fields<ContainerSummary>;

/** The same for images. */
export const imageFields = {
  id: { type: 'string', of: ({ id }) => id },
  /** The first of its names; an image may have none. */
  name: { type: 'string', of: ({ tags }) => tags[0] ?? null },
  bytes: { type: 'number', of: ({ bytes }) => bytes },
  containers: { type: 'number', of: ({ containers }) => containers },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt || null },
} satisfies Fields<ImageSummary>;
