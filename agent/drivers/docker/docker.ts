import { lookup } from 'node:dns/promises';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import type { Logger } from '@roundhouse/proto/log';
import { AgentFailure } from '../../failure.js';
import type { Meter } from '../../meter.js';
import { Containers, Owner } from './engine/containers.js';
import { Engine } from './engine/engine.js';
import { Images } from './engine/images.js';
import { engineName, type ImageReference } from './reference.js';
import { RegistryClient } from './registry/client.js';
import { credentialsFor } from './registry/credentials.js';

export interface DockerOptions {
  /** The agent's data folder; `docker/` in it is used. */
  readonly dataDir: string;
  readonly log: Logger;
  /** Why this site does not allow an image; `undefined` if it does. Asked before each pull and each start. */
  readonly refused?: ((image: ImageReference) => string | undefined) | undefined;
  /** Counts the requests to the engine. */
  readonly meter?: Meter | undefined;
  /** The engine's address, in the form of `DOCKER_HOST`. Default: that variable. */
  readonly host?: string | undefined;
}

/** The Docker Engine for servers that are images. `host/` is for all other containers and images. */
export class Docker {
  readonly engine: Engine;
  readonly images: Images;
  readonly containers: Containers;
  readonly record: ImageRecord;
  readonly #refused: (image: ImageReference) => string | undefined;

  constructor({ dataDir, log, refused, host, meter }: DockerOptions) {
    this.engine = new Engine(host, meter);
    this.images = new Images(this.engine);
    this.containers = new Containers(this.engine, new Owner(dataDir), log);
    this.record = new ImageRecord(dataDir);
    this.#refused = refused ?? (() => undefined);
  }

  /** @throws AgentFailure `refused` for an image that the site does not allow. */
  allow(image: ImageReference): void {
    const reason = this.#refused(image);
    if (reason !== undefined) throw new AgentFailure('refused', reason, { reason, image: engineName(image) });
  }

  /** The repository of an image at its registry. @throws AgentFailure `upstream` if the docker configuration cannot be used. */
  async registry(image: ImageReference, signal: AbortSignal): Promise<RegistryClient> {
    const [credentials, insecure] = await Promise.all([
      credentialsFor(image.registry),
      isInsecure(this.engine, image.registry, signal),
    ]);
    return new RegistryClient(image, { credentials, insecure }, signal);
  }
}

/** The part of the engine's `info` that says which registries need no proper TLS. */
interface RegistryConfig {
  readonly InsecureRegistryCIDRs?: readonly string[] | null;
  readonly IndexConfigs?: Readonly<Record<string, { readonly Secure?: boolean } | undefined>> | null;
}

/** Networks that every engine allows. */
const loopback = ['127.0.0.0/8', '::1/128'];

/** Whether the engine is configured to reach a registry by plain HTTP, or by HTTPS with any certificate (`insecure-registries`). */
async function isInsecure(engine: Engine, registry: string, signal: AbortSignal): Promise<boolean> {
  if (registry === 'docker.io') return false;
  const info = await engine
    .ask(
      'describe itself',
      async () => (await engine.client()).info() as Promise<{ RegistryConfig?: RegistryConfig | null }>,
      signal,
    )
    .catch(() => undefined);
  signal.throwIfAborted();
  const { IndexConfigs: named, InsecureRegistryCIDRs: networks } = info?.RegistryConfig ?? {};
  if (named?.[registry] !== undefined) return named[registry].Secure === false;
  const host = registry.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const addresses = isIP(host)
    ? [host]
    : await lookup(host, { all: true }).then(
        (all) => all.map(({ address }) => address),
        () => [],
      );
  const list = new BlockList();
  for (const network of networks ?? loopback) {
    const [address = '', bits = ''] = network.split('/');
    const kind = isIP(address);
    if (kind !== 0) list.addSubnet(address, Number(bits), kind === 6 ? 'ipv6' : 'ipv4');
  }
  return addresses.some((address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
}

/** An image that this agent has used. */
export interface RecordedImage {
  /** Empty if the image has none. */
  readonly digest: string;
  /** Whether this agent pulled it, or it was there before. */
  readonly pulled: boolean;
  readonly installedAt: Date;
}

type Content = Record<string, Record<string, { digest: string; pulled: boolean; at: string }>>;

/** The versions of images that this agent's servers use or used, kept in its data folder. Other images of the engine are not recorded. */
class ImageRecord {
  readonly #folder: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'docker');
  }

  /** By version. */
  async of(name: string): Promise<Map<string, RecordedImage>> {
    const { [name]: versions = {} } = await this.#read();
    return new Map(
      Object.entries(versions).map(([version, { at, ...rest }]) => [version, { ...rest, installedAt: new Date(at) }]),
    );
  }

  /** Notes an installed version. A version that is noted already stays as it is. */
  async add(name: string, version: string, image: Omit<RecordedImage, 'installedAt'>): Promise<void> {
    const known = (await this.of(name)).get(version);
    if (known !== undefined && !(image.pulled && !known.pulled)) return;
    await this.#change((content) => {
      content[name] = { ...content[name], [version]: { ...image, at: new Date().toISOString() } };
    });
  }

  forget(name: string, version: string): Promise<void> {
    return this.#change((content) => {
      delete content[name]?.[version];
    });
  }

  #change(change: (content: Content) => void): Promise<void> {
    const done = this.#turn.then(async () => {
      const content = await this.#read();
      change(content);
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const path = join(this.#folder, 'images.json');
      await writeFile(`${path}.new`, JSON.stringify(content), { mode: 0o600, flush: true });
      await rename(`${path}.new`, path);
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  async #read(): Promise<Content> {
    try {
      return JSON.parse(await readFile(join(this.#folder, 'images.json'), 'utf8')) as Content;
    } catch {
      // No record yet, or it cannot be read: the images that it named are no longer listed, and stay.
      return {};
    }
  }
}
