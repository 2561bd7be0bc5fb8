import { isPrerelease, newestFirst } from '../order.js';

const numbered = /^v?\d+\.\d+\.\d+/;

/** Whether a tag is a whole version (`1.2.3`, `v1.2.3-alpine`), which publishers do not move. */
export function isFixedTag(tag: string): boolean {
  return numbered.test(tag);
}

/** What a tag says beside its version: `-alpine` of `1.2.3-alpine`; of `1.2.3-rc.1` nothing. */
function variantOf(tag: string): string {
  return tag
    .replace(numbered, '')
    .replace(/^[-._]?(alpha|beta|rc|pre|preview|dev|next|canary|nightly)(?![a-z])[.\d-]*/i, '');
}

/**
 * The whole versions among tags, newest first: of the same variant as the present tag, and without those before a release unless that
 * is one itself. For a tag that is no version: those without a variant.
 */
export function relatedTags(tags: readonly string[], present: string): string[] {
  const variant = isFixedTag(present) ? variantOf(present) : '';
  const bare = (tag: string) => (variant === '' ? tag : tag.slice(0, tag.length - variant.length));
  const fitting = tags.filter((tag) => isFixedTag(tag) && variantOf(tag) === variant);
  const early = isFixedTag(present) && isPrerelease(bare(present));
  return newestFirst(fitting.filter((tag) => early || !isPrerelease(bare(tag))).map(bare)).map((tag) => tag + variant);
}
