import { invalid } from './failure.js';

/**
 * Names become parts of a path: what Kubernetes would refuse anyway is refused before it is sent, for `..` would be another path.
 * @throws AgentFailure `invalid` naming the field.
 */
export function checkName(name: string, field: string): void {
  if (name.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) return;
  throw invalid(
    field,
    `${field} must be 1 to 253 lower-case letters, digits, '-' and '.', with a letter or a digit at both ends`,
  );
}

/** As {@link checkName}, for namespaces and containers. */
export function checkLabel(name: string, field: string): void {
  if (name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return;
  throw invalid(
    field,
    `${field} must be 1 to 63 lower-case letters, digits and '-', with a letter or a digit at both ends`,
  );
}
