import { invalid } from '../errors.js';

/** As github.com/distribution/reference has it: `[host[:port]/]path[:tag][@digest]`. */
const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const HOST = '(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?/)?';
const FORM = new RegExp(
  `^${HOST}${PART}(?:/${PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);
const ID = /^(?:sha256:)?[0-9a-f]{64}$/;
const LONGEST = 512;

/** @throws DomainError `invalid_input` for what is no image's name. */
export function checkImageName(field: string, image: string): void {
  if (image.length > LONGEST || !FORM.test(image) || ID.test(image))
    throw invalid(field, "must be an image's name such as registry.example.com/team/server:1.2");
}
