import { setImmediate as turn } from 'node:timers/promises';
import { AgentFailure } from '../../failure.js';
import { createOptions, parseDockerCommand, type RunCommand } from '../docker/command-line/run-command.js';
import type { Docker } from '../docker/docker.js';
import type { LocalImage } from '../docker/engine/images.js';
import { familiarName, type ImageReference, versionOf, withVersion } from '../docker/reference.js';
import { isPrerelease, newestFirst } from './order.js';
import type { Changes, Downloaded, InstalledVersion, Offer, Program, Registry } from './registry.js';

export interface ImageContext {
  readonly docker: Docker;
  readonly note: (line: string) => void;
  /** Aborted when the agent stops. */
  readonly stopping: AbortSignal;
}

/**
 * Images at their registry. A version is a tag (`1.2.3`), a digest (`sha256:…`), or both for a tag that moves: `latest@sha256:…`. An
 * installed version is an image of the engine. Images of moving tags are pulled by digest, so that no tag of the machine's user moves.
 */
class ImageRegistry implements Registry {
  readonly kind = 'image';
  readonly name: string;
  readonly key: string;
  readonly #image: ImageReference;

  constructor(
    private readonly run: RunCommand,
    private readonly context: ImageContext,
  ) {
    this.#image = run.image;
    this.name = familiarName(run.image);
    this.key = `image/${this.name}@${versionOf(run.image)}`;
  }

  exact(): string | undefined {
    const { tag, digest } = this.#image;
    return digest !== '' || isFixedTag(tag) ? versionOf(this.#image) : undefined;
  }

  check(version: string): void {
    this.#at(version);
  }

  async newest(): Promise<string> {
    const { tag } = this.#image;
    const local = await this.context.docker.images.find(this.#image);
    // The name of an image that was built or loaded here stands for that image.
    if (local !== undefined && (local.digest === '' || this.run.options.pull === 'never'))
      return moving(tag, local.digest);
    return moving(tag, await this.#digestNow(tag, this.context.stopping));
  }

  async installed(): Promise<string | undefined> {
    const { images, record } = this.context.docker;
    const local = await images.find(this.#image);
    if (local !== undefined) return moving(this.#image.tag, local.digest);
    const known = [...(await record.of(this.name))].sort(([, a], [, b]) => +b.installedAt - +a.installedAt);
    for (const [version] of known) {
      if (this.#at(version).tag === this.#image.tag && (await this.has(version))) return version;
    }
    return undefined;
  }

  async install(version: string): Promise<string> {
    const { docker, stopping } = this.context;
    const there = await docker.images.find(this.#at(version), stopping);
    if (there === undefined) await this.#pull(version, stopping);
    else await docker.record.add(this.name, version, { digest: there.digest, pulled: false });
    return version;
  }

  async program(version: string): Promise<Program> {
    const { docker } = this.context;
    const image = this.#at(version);
    docker.allow(image);
    return {
      command: 'docker',
      args: [],
      path: [],
      version,
      start: async ({ env, label }) => {
        docker.allow(image);
        return docker.containers.start(label, await createOptions(this.run, image, env));
      },
    };
  }

  place(version: string): string {
    return `image:${this.name}@${version}`;
  }

  async has(version: string): Promise<boolean> {
    return (await this.context.docker.images.find(this.#at(version))) !== undefined;
  }

  async versions(current: string | undefined, signal: AbortSignal): Promise<Offer> {
    const running = current === undefined ? this.#image : this.#at(current);
    const tag = running.tag || this.#image.tag;
    const client = await this.context.docker.registry(this.#image, signal);
    const tags = await client.tags();
    const local = await this.context.docker.images.find(running, signal);
    const related = await relatedTags(tags, tag);
    const fixed = isFixedTag(tag);
    // A digest without a tag does not show which image is newer.
    const best = fixed || tag === '' ? (related[0] ?? tag) : tag;
    const now = best === '' ? undefined : await client.digest(best);
    // The running version is that image already, under any name.
    const same = now !== undefined && now === running.digest;
    const latest =
      best === '' || same ? versionOf(running) : fixed || tag === '' || now === undefined ? best : moving(tag, now);
    const shown = new Set([...related, best]);
    const others = newestFirst(tags.filter((one) => !shown.has(one)));
    const digest = { current: running.digest || local?.digest || '', latest: now ?? '' };
    return { latest, versions: [...new Set([latest, ...related, ...others])], url: urlOf(local), digest };
  }

  async download(version: string, signal: AbortSignal): Promise<Downloaded> {
    const { images } = this.context.docker;
    const asked = this.#at(version);
    const exact =
      asked.digest !== '' || isFixedTag(asked.tag)
        ? version
        : moving(asked.tag, await this.#digestNow(asked.tag, signal));
    const there = await images.find(this.#at(exact), signal);
    if (there !== undefined) return { version: exact, already: true, bytes: there.bytes };
    const { bytes } = await this.#pull(exact, signal);
    return { version: exact, already: false, bytes };
  }

  /** Images have no change log. Some of them name the address of their source. */
  async changes(from: string, to: string): Promise<Changes> {
    const { images } = this.context.docker;
    const local = (await images.find(this.#at(to))) ?? (await images.find(this.#at(from)));
    return { url: urlOf(local) };
  }

  async list(): Promise<InstalledVersion[]> {
    const { images, record } = this.context.docker;
    const found: InstalledVersion[] = [];
    for (const [version, { installedAt }] of await record.of(this.name)) {
      const local = await images.find(this.#at(version));
      if (local !== undefined) found.push({ version, installedAt, bytes: local.bytes });
    }
    return found;
  }

  async remove(version: string, mayGo: () => void): Promise<number | undefined> {
    const { images, record } = this.context.docker;
    const known = (await record.of(this.name)).get(version);
    if (known === undefined) return undefined;
    const local = await images.find(this.#at(version));
    mayGo();
    // An image that the agent did not pull stays with the engine.
    const gone = known.pulled && (await images.remove(this.#at(version)));
    await record.forget(this.name, version);
    return gone ? (local?.bytes ?? 0) : 0;
  }

  async #pull(version: string, signal: AbortSignal): Promise<LocalImage> {
    const { docker, note } = this.context;
    const image = this.#at(version);
    const { pull, platform } = this.run.options;
    docker.allow(image);
    if (pull === 'never')
      throw upstream(`the image ${this.name}, version ${version}, is not here, and is not to be pulled`);
    await docker.images.pull(image, { platform, note, signal });
    const pulled = await docker.images.find(image, signal);
    if (pulled === undefined)
      throw upstream(`the image ${this.name}, version ${version}, is not there after it was pulled`);
    await docker.record.add(this.name, version, { digest: pulled.digest, pulled: true });
    return pulled;
  }

  /** The digest of a tag at the registry. @throws AgentFailure `upstream` */
  async #digestNow(tag: string, signal: AbortSignal): Promise<string> {
    const image = { ...this.#image, tag, digest: '' };
    this.context.docker.allow(image);
    const digest = await (await this.context.docker.registry(image, signal)).digest(tag);
    if (digest !== undefined) return digest;
    const reason = `the image registry ${image.registry} has no tag '${tag}' of ${image.repository}`;
    throw new AgentFailure('upstream', reason, { reason, missing: true });
  }

  /** The image in a version. @throws AgentFailure `invalid_argument` */
  #at(version: string): ImageReference {
    const image = withVersion(this.#image, version);
    if (image !== undefined) return image;
    const reason = `${JSON.stringify(version.slice(0, 100))} is not a version of an image: a tag, a digest, or tag@digest`;
    throw new AgentFailure('invalid_argument', reason, { field: 'version', reason });
  }
}

const moving = (tag: string, digest: string): string => versionOf({ tag, digest });

const upstream = (reason: string): AgentFailure => new AgentFailure('upstream', reason, { reason });

/** The address of an image's documentation, for people (OCI annotations, as labels). */
function urlOf(image: LocalImage | undefined): string | undefined {
  const { labels = {} } = image ?? {};
  const url = labels['org.opencontainers.image.source'] ?? labels['org.opencontainers.image.url'];
  return url !== undefined && URL.canParse(url) && /^https?:/.test(url) ? url : undefined;
}

/** The image that a command line names; `undefined` if this agent leaves the command to the docker program. */
export function imageRegistry(
  command: string,
  args: readonly string[],
  context: ImageContext,
): ImageRegistry | undefined {
  const parsed = parseDockerCommand(command, args);
  return parsed?.kind === 'run' ? new ImageRegistry(parsed, context) : undefined;
}

/**
 * Notes why a docker command is left to the docker program, if it is.
 * @throws AgentFailure `invalid_argument` for a command line that cannot work.
 */
export function checkImageCommand(command: string, args: readonly string[], note: (line: string) => void): void {
  const parsed = parseDockerCommand(command, args);
  if (parsed?.kind === 'left') note(`the command is run by the docker program as it is given: ${parsed.reason}`);
  if (parsed?.kind !== 'wrong') return;
  throw new AgentFailure('invalid_argument', parsed.reason, { field: 'transport.args', reason: parsed.reason });
}

/** How many tags are compared in one turn of the event loop: it takes about 15 ms. */
const tagsAtOnce = 5_000;

const numbered = /^v?\d+\.\d+\.\d+/;

/** Whether a tag is a whole version (`1.2.3`, `v1.2.3-alpine`), which publishers do not move. */
function isFixedTag(tag: string): boolean {
  return numbered.test(tag);
}

/** The suffix of a tag after its version: `-alpine` for `1.2.3-alpine`; empty for `1.2.3-rc.1`. */
function variantOf(tag: string): string {
  return tag
    .replace(numbered, '')
    .replace(/^[-._]?(alpha|beta|rc|pre|preview|dev|next|canary|nightly)(?![a-z])[.\d-]*/i, '');
}

/**
 * The whole versions among tags, newest first. They have the variant of the present tag, and are pre-releases only if that is one. For a
 * tag that is no version: the versions without a variant.
 */
export async function relatedTags(tags: readonly string[], present: string): Promise<string[]> {
  const variant = isFixedTag(present) ? variantOf(present) : '';
  const bare = (tag: string) => (variant === '' ? tag : tag.slice(0, tag.length - variant.length));
  const early = isFixedTag(present) && isPrerelease(bare(present));
  const fits = (tag: string) => isFixedTag(tag) && variantOf(tag) === variant && (early || !isPrerelease(bare(tag)));
  const fitting: string[] = [];
  for (let from = 0; from < tags.length; from += tagsAtOnce) {
    await turn();
    for (const tag of tags.slice(from, from + tagsAtOnce)) if (fits(tag)) fitting.push(bare(tag));
  }
  return newestFirst(fitting).map((tag) => tag + variant);
}

/** The arguments of a docker command with its image at another version; `undefined` if it names no image. */
export function nameImageVersion(command: string, args: readonly string[], version: string): string[] | undefined {
  const parsed = parseDockerCommand(command, args);
  if (parsed?.kind !== 'run') return undefined;
  const image = withVersion(parsed.image, version);
  if (image === undefined) return undefined;
  const written = (args[parsed.at] ?? '').replace(/@.*/s, '').replace(/:[^/:]*$/, '');
  const at = versionOf(image).startsWith('sha256:') ? '@' : ':';
  return args.map((arg, i) => (i === parsed.at ? `${written}${at}${versionOf(image)}` : arg));
}
