import { invalid } from '../errors.js';

const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const qualified = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

const MAX_SELECTOR = 4096;
/** All annotations of an object, bytes: Kubernetes' own limit. */
const MAX_ANNOTATIONS = 256 * 1024;

/** A name by RFC 1123, "label": of namespaces and containers. @throws DomainError `invalid_input` naming the field. */
export function checkLabelName(field: string, name: string): void {
  if (name.length <= 63 && label.test(name)) return;
  throw invalid(
    field,
    "must be 1 to 63 lower-case letters, digits and '-', with a letter or a digit at both ends (RFC 1123)",
  );
}

/** A name by RFC 1123, "subdomain": of pods and deployments. @throws DomainError `invalid_input` naming the field. */
export function checkObjectName(field: string, name: string): void {
  if (name.length <= 253 && subdomain.test(name)) return;
  throw invalid(
    field,
    "must be 1 to 253 lower-case letters, digits, '-' and '.', each part with a letter or a digit at both ends (RFC 1123)",
  );
}

/** Labels, by Kubernetes' own rules. @throws DomainError `invalid_input` naming the label. */
export function checkLabels(field: string, labels: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(labels)) {
    checkKey(field, key);
    if (value !== '' && (value.length > 63 || !qualified.test(value)))
      throw invalid(
        `${field}.${key}`,
        "must be at most 63 letters, digits, '-', '_' and '.', with a letter or a digit at both ends",
      );
  }
}

/** Annotations, whose values may be any text. @throws DomainError `invalid_input` naming the annotation. */
export function checkAnnotations(field: string, annotations: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    checkKey(field, key.toLowerCase());
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > MAX_ANNOTATIONS) throw invalid(field, `must have at most ${MAX_ANNOTATIONS} bytes altogether`);
}

/** Kubernetes parses selectors; the hub refuses only texts that cannot be a selector. @throws DomainError `invalid_input`. */
export function checkSelector(field: string, selector: string): void {
  if (selector.length > MAX_SELECTOR) throw invalid(field, `must have at most ${MAX_SELECTOR} characters`);
  if (/\p{Cc}/u.test(selector)) throw invalid(field, 'must be one line without control characters');
}

/** `name` or `prefix/name`. */
function checkKey(field: string, key: string): void {
  const [name = '', prefix, more] = key.split('/').reverse();
  const fits = more === undefined && name.length <= 63 && qualified.test(name);
  if (fits && (prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix)))) return;
  throw invalid(
    `${field}.${key.slice(0, 100)}`,
    "is not a valid key: expected at most 63 letters, digits, '-', '_' and '.', optionally after a DNS name and '/'",
  );
}
