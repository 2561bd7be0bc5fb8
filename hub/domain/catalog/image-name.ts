import { invalid } from '../errors.js';

/** As github.com/distribution/reference has it: `[host[:port]/]path[:tag][@digest]`. */
const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const HOST = '(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?/)?';
const FORM = new RegExp(
  `^${HOST}${PART}(?:/${PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);
const ID = /^(?:sha256:)?[0-9a-f]{64}$/;
const LONGEST = 512;
const DOCKER_HUB = 'docker.io';

/** The registry that an image is pulled from, as hosts are compared; a name without a host is one of Docker Hub. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const host = isHost ? first.toLowerCase().replace(/:443$/, '') : DOCKER_HUB;
  return host === 'index.docker.io' ? DOCKER_HUB : host;
}

/** @throws DomainError `invalid_input` for a text that is no image's name. */
export function checkImageName(field: string, image: string): void {
  if (image.length > LONGEST || !FORM.test(image) || ID.test(image))
    throw invalid(field, "must be an image's name such as registry.example.com/team/server:1.2");
}
