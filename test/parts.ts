import type { Test } from 'tap';
import { type PartName, parts } from '../deploy/local/parts.mjs';

/**
 * Whether a real part that a test needs is there. If not, the test is skipped with the reason; where `CI` is set, it fails.
 *
 * @example
 * t.test('under load', async (t) => {
 *   if (!part(t, 'wrk')) return;
 *   …
 * });
 */
export function part(t: Pick<Test, 'fail' | 'pass'>, name: PartName): boolean {
  const { present, package: source } = parts[name];
  if (present()) return true;
  const reason = `${name} is missing; the package ${source} brings it`;
  if (process.env.CI) t.fail(reason);
  else t.pass(reason, { skip: reason });
  return false;
}
