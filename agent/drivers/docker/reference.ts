/** The parts of an image's name, `[host[:port]/]path[:tag][@digest]`, with all defaults. */
export interface ImageReference {
  /** The registry's host, with its port if it has one; `docker.io` if the text names none. */
  readonly registry: string;
  /** The repository's path at the registry; official images of Docker Hub with their `library/`. */
  readonly repository: string;
  /** Empty if the text names only a digest; `latest` if it names neither. */
  readonly tag: string;
  /** `sha256:…`, or empty. */
  readonly digest: string;
}

const hub = 'docker.io';
const path = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const host = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/i;
const tagForm = /^[\w][\w.-]{0,127}$/;
const digestForm = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads an image's name as the Docker Engine does (github.com/distribution/reference). `undefined` for a text that is no image name.
 * A single word in upper case is a host to the engine, such as `MCP` in `MCP/time`, and looks like a namespace of Docker Hub: such a name is refused.
 */
export function parseReference(text: string): ImageReference | undefined {
  const at = text.indexOf('@');
  const digest = at < 0 ? '' : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/');
  const tag = tagged ? named.slice(colon + 1) : digest === '' ? 'latest' : '';
  const whole = tagged ? named.slice(0, colon) : named;
  const slash = whole.indexOf('/');
  const first = slash < 0 ? '' : whole.slice(0, slash);
  const remote = /[.:]|^localhost$/.test(first);
  if (!remote && first !== first.toLowerCase()) return undefined;
  const registry = remote ? (/^(index\.)?docker\.io$/i.test(first) ? hub : first) : hub;
  let repository = remote ? whole.slice(slash + 1) : whole;
  if (registry === hub && !repository.includes('/')) repository = `library/${repository}`;
  const fits =
    host.test(registry) &&
    path.test(repository) &&
    repository.length <= 255 &&
    ((tag === '' && !tagged) || tagForm.test(tag)) &&
    (at < 0 || digestForm.test(digest));
  return fits ? { registry, repository, tag, digest } : undefined;
}

/** The name without tag and digest, as people write it: without the host of Docker Hub. */
export function familiarName({ registry, repository }: ImageReference): string {
  return registry === hub ? repository.replace(/^library\//, '') : `${registry}/${repository}`;
}

/** The reference to ask the engine for: by digest if there is one. */
export function engineName(reference: ImageReference): string {
  const name = familiarName(reference);
  return reference.digest === '' ? `${name}:${reference.tag}` : `${name}@${reference.digest}`;
}

/** The whole name, with the tag and the digest if it has them. */
export function referenceText(reference: ImageReference): string {
  const { tag, digest } = reference;
  return `${familiarName(reference)}${tag && `:${tag}`}${digest && `@${digest}`}`;
}

/** The version that a reference names: `tag`, `sha256:…`, or `tag@sha256:…`. */
export function versionOf({ tag, digest }: Pick<ImageReference, 'tag' | 'digest'>): string {
  return tag === '' ? digest : digest === '' ? tag : `${tag}@${digest}`;
}

/** The same image in another version. `undefined` for a text that is no version. */
export function withVersion(reference: ImageReference, version: string): ImageReference | undefined {
  if (digestForm.test(version)) return { ...reference, tag: '', digest: version };
  const [tag = '', digest] = version.split(/@(.*)/s);
  const fits = tagForm.test(tag) && (digest === undefined || digestForm.test(digest));
  return fits ? { ...reference, tag, digest: digest ?? '' } : undefined;
}

/**
 * All forms in which a rule may name an image: with and without Docker Hub's host, and with and without its version. A registry's host is
 * written in lower case there, and without the default port.
 */
export function referenceForms({ registry, repository, tag, digest }: ImageReference): string[] {
  const place = registry.toLowerCase().replace(/:443$/, '');
  const names = [`${place}/${repository}`];
  if (place === hub) {
    const short = repository.replace(/^library\//, '');
    names.push(repository, short, `${hub}/${short}`, `index.${hub}/${repository}`, `index.${hub}/${short}`);
  }
  const versions = [
    '',
    ...(tag === '' ? [] : [`:${tag}`]),
    ...(digest === '' ? [] : [`@${digest}`]),
    ...(tag === '' || digest === '' ? [] : [`:${tag}@${digest}`]),
  ];
  return [...new Set(names)].flatMap((name) => versions.map((version) => name + version));
}
