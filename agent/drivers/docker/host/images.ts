import type { Docker } from '../docker.js';
import { engineName, type ImageReference, parseReference, referenceText } from '../reference.js';
import { ask, hostFailure, wrong } from './failure.js';
import type { Judge } from './policy.js';

/** The default length of a list. */
const mostListed = 1000;
const idForm = /^(sha256:)?[0-9a-f]{12,64}$/;

/** Called with the progress of a pull. */
export type Note = (line: string) => void;

/** All images of the engine, including images of other programs. */
export class HostImages {
  constructor(
    private readonly docker: Docker,
    private readonly judge: Judge,
  ) {}

  /** @throws AgentFailure */
  async list({ name, limit }: { readonly name: string; readonly limit: number }, signal: AbortSignal) {
    const { engine } = this.docker;
    const [images, containers] = await ask(
      engine,
      'list images',
      async (abortSignal) => {
        const client = await engine.client();
        return Promise.all([client.listImages({ abortSignal }), client.listContainers({ all: true, abortSignal })]);
      },
      { subject: 'image', signal },
    );
    const uses = new Map<string, number>();
    for (const { ImageID } of containers) uses.set(ImageID, (uses.get(ImageID) ?? 0) + 1);
    const found = images
      .map(({ Id, RepoTags, RepoDigests, Created, Size }) => ({
        id: Id,
        tags: named(RepoTags),
        digests: named(RepoDigests),
        createdAt: Created * 1000,
        bytes: Size,
        containers: uses.get(Id) ?? 0,
      }))
      .filter(({ tags, digests }) => name === '' || [...tags, ...digests].some((text) => text.includes(name)))
      .sort((a, b) => b.createdAt - a.createdAt);
    return { images: found.slice(0, limit || mostListed), total: found.length };
  }

  /** @throws AgentFailure */
  async pull(image: string, platform: string, note: Note, signal: AbortSignal) {
    this.judge.changes('no image is pulled');
    const reference = referenceOf(image);
    this.judge.image(reference);
    const before = await this.#find(reference, signal);
    await this.fetch(reference, platform || undefined, note, signal);
    const now = await this.#find(reference, signal);
    const { id = '', digest = '', bytes = 0 } = now ?? {};
    return { image: referenceText(reference), id, digest, bytes, changed: id !== before?.id };
  }

  /** Removes one name of an image, and the image with its last name. @throws AgentFailure */
  async remove(image: string, force: boolean, signal: AbortSignal) {
    this.judge.changes('no image is removed');
    const name = idForm.test(image) ? image : engineName(referenceOf(image));
    const one = (await this.docker.engine.client()).getImage(name);
    const remove = (abortSignal: AbortSignal) => one.remove({ force, abortSignal });
    const done: unknown = await ask(this.docker.engine, 'remove the image', remove, { subject: 'image', signal });
    const entries = Array.isArray(done) ? (done as readonly { Untagged?: string; Deleted?: string }[]) : [];
    return {
      untagged: entries.flatMap(({ Untagged }) => Untagged ?? []),
      deleted: entries.flatMap(({ Deleted }) => Deleted ?? []),
    };
  }

  /** Whether the engine has an image. @throws AgentFailure */
  async has(reference: ImageReference, signal: AbortSignal): Promise<boolean> {
    return (await this.#find(reference, signal)) !== undefined;
  }

  /** @throws AgentFailure */
  async fetch(reference: ImageReference, platform: string | undefined, note: Note, signal: AbortSignal): Promise<void> {
    try {
      await this.docker.images.pull(reference, { platform, note, signal });
    } catch (error) {
      throw hostFailure(error, 'image');
    }
  }

  async #find(reference: ImageReference, signal: AbortSignal) {
    try {
      return await this.docker.images.find(reference, signal);
    } catch (error) {
      throw hostFailure(error, 'image');
    }
  }
}

/** @throws AgentFailure `invalid_argument` for a text that is no image's name. A site's policy cannot judge an id. */
export function referenceOf(image: string): ImageReference {
  const reference = /^(sha256:)?[0-9a-f]{64}$/.test(image) ? undefined : parseReference(image);
  return reference ?? wrong('image', `'${image.slice(0, 200)}' is not the name of an image`);
}

/** The engine's text for an absent value. */
function named(names: readonly string[] | undefined): string[] {
  return (names ?? []).filter((name) => !name.startsWith('<none>'));
}
