/**
 * Resolves when a condition holds; for what has no event. The limit is far beyond what anything takes, so that a busy machine fails no test.
 * @throws when the limit has passed, in milliseconds
 */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 180_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not so within ${limitMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
