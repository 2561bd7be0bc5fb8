import type { Test } from 'tap';
import { type PartName, parts } from '../deploy/local/parts.mjs';

type Reporter = Pick<Test, 'fail' | 'pass'>;

/**
 * Whether a real part that a test needs is there. If not, the test is skipped with the reason; where `CI` is set, it fails.
 *
 * @example
 * t.test('under load', async (t) => {
 *   if (!part(t, 'wrk')) return;
 *   …
 * });
 */
export function part(t: Reporter, name: PartName): boolean {
  const { present, package: source } = parts[name];
  return needs(t, present(), `${name} is missing; the package ${source} brings it`);
}

/** Whether the test runs on Linux as root, as network namespaces and engines of its own need. The same holds if it does not. */
export function rootOnLinux(t: Reporter): boolean {
  return needs(t, process.platform === 'linux' && process.getuid?.() === 0, 'the test needs Linux and root');
}

function needs(t: Reporter, met: boolean, reason: string): boolean {
  if (met) return true;
  if (process.env.CI) t.fail(reason);
  else t.pass(reason, { skip: reason });
  return false;
}
