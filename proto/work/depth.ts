/**
 * Deeper documents, schemas and values are refused: code that walks them calls itself for each level. A stack that overflows cannot be caught
 * safely: if the engine compiles a regular expression at the end of the stack, it ends the whole process.
 */
export const mostLevels = 100;

export function tooDeep(): Error {
  return new Error(`it nests deeper than ${mostLevels} levels`);
}

/** Whether a value nests deeper than {@link mostLevels}. */
export function nestsDeeper(value: unknown, levels = mostLevels): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => nestsDeeper(member, levels - 1));
}
