import type { Test } from 'tap';

/**
 * A folder of the test's own, deleted after everything that the test tears down: tap deletes a `testdir` in its place among the teardowns,
 * so one that is made first is gone before the programs that still write into it.
 */
export function tempFolder(t: Test, ...content: Parameters<Test['testdir']>): string {
  t.teardown(() => {});
  return t.testdir(...content);
}
