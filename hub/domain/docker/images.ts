import type { RequestOrigin } from '../access/caller.js';
import { onceCommand, progressNotes } from '../agents/answer.js';
import type { Cancellation } from '../cancellation.js';
import type { Catalog } from '../catalog/catalog.js';
import { checkImageRegistry } from '../net/url-guard.js';
import { type ImageSummary, imageSummary, type PulledImage, pulledImage } from './answers.js';
import { type ContainerParts, EVERY } from './containers.js';
import type { HostChoice } from './hosts.js';
import { noteChange } from './port.js';
import { PULL_MS, type Waiting } from './runs.js';

const READ_MS = 60_000;

export interface ImageParts extends Omit<ContainerParts, 'registry'> {
  readonly catalog: Pick<Catalog, 'hiddenImages'>;
}

/** The images of the Docker Engines. */
export class Images {
  readonly #parts: ImageParts;

  constructor(parts: ImageParts) {
    this.#parts = parts;
  }

  /**
   * Images that only private entries of other persons name are not listed, as their containers are not.
   * @throws DomainError as `DockerHosts.find`, `upstream_failed`, `timeout`, `agent_unreachable`.
   */
  async list(
    origin: RequestOrigin,
    choice: HostChoice,
    query: { readonly name: string; readonly limit: number },
    signal?: Cancellation,
  ): Promise<{ readonly site: string; readonly images: readonly ImageSummary[]; readonly total: number }> {
    const { hosts, port, catalog } = this.#parts;
    const agent = await hosts.find(origin, choice, 'docker.read');
    const isHidden = catalog.hiddenImages(origin.caller);
    const options = { kind: 'read', timeoutMs: READ_MS, signal } as const;
    const operation = { case: 'listImages', value: isHidden ? { ...query, limit: EVERY } : query } as const;
    const answer = await port.ask<{ images: ImageSummary[]; total: number }>(
      agent,
      operation,
      { images: [imageSummary], total: 'number' },
      options,
    );
    if (!isHidden) return { site: agent.site, ...answer };
    const images = answer.images.flatMap((image) => withoutNames(image, isHidden));
    const total = answer.total - (answer.images.length - images.length);
    return { site: agent.site, images: images.slice(0, query.limit), total };
  }

  /** Pulls an image as the agent's user would. @throws DomainError `invalid_input`, `refused` (site policy), and as {@link Images.list}. */
  async pull(
    origin: RequestOrigin,
    choice: HostChoice,
    what: { readonly image: string; readonly platform: string },
    { signal, onProgress }: Waiting = {},
  ): Promise<PulledImage & { readonly site: string }> {
    const { store, hosts, port } = this.#parts;
    const agent = await hosts.find(origin, choice, 'docker.operate');
    checkImageRegistry(what.image, 'image');
    const notes = onProgress && progressNotes(onProgress);
    const operation = { case: 'pullImage', value: what } as const;
    const permission = 'docker.operate';
    const check = () => void hosts.now(origin, agent, permission);
    return hosts.guarded({ origin, agent, permission, signal }, async (signal) => {
      const options = { kind: 'idempotent', timeoutMs: PULL_MS, signal, onProgress: notes } as const;
      const pulled = await port.change<PulledImage>(agent, operation, pulledImage, options, check);
      const { image, digest, changed } = pulled;
      await noteChange(store, origin, agent, { action: 'image.pull', id: image, details: { digest, changed } });
      return { site: agent.site, ...pulled };
    });
  }

  /** Removes a name of an image, and with the last name the image. @throws DomainError `not_found`, `conflict` (a container uses it), `refused`. */
  async remove(
    origin: RequestOrigin,
    choice: HostChoice,
    what: { readonly image: string; readonly force: boolean },
  ): Promise<{ readonly site: string; readonly untagged: readonly string[]; readonly deleted: readonly string[] }> {
    const { store, hosts, port } = this.#parts;
    const agent = await hosts.find(origin, choice, 'docker.operate');
    const options = { ...(await onceCommand(origin, agent.id, 'image-remove')), timeoutMs: READ_MS };
    const operation = { case: 'removeImage', value: what } as const;
    const gone = await port.change<{ untagged: string[]; deleted: string[] }>(
      agent,
      operation,
      { untagged: ['text'], deleted: ['text'] },
      options,
      () => void hosts.now(origin, agent, 'docker.operate'),
    );
    const details = { untagged: gone.untagged, deleted: gone.deleted.length, force: what.force };
    await noteChange(store, origin, agent, { action: 'image.remove', id: what.image, details });
    return { site: agent.site, ...gone };
  }
}

/** An image without its hidden names; nothing if it has no other names. */
function withoutNames(image: ImageSummary, isHidden: (name: string) => boolean): ImageSummary[] {
  const shown = (names: readonly string[]) => names.filter((name) => !isHidden(name));
  const [tags, digests] = [shown(image.tags), shown(image.digests)];
  const before = image.tags.length + image.digests.length;
  return before > 0 && tags.length + digests.length === 0 ? [] : [{ ...image, tags, digests }];
}
