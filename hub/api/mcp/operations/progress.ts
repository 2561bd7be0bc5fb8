import type { McpCall } from '../call.js';

/** Tells the client how far an operation is, where it wants to know: of real steps, never that it merely goes on. */
export function tellProgress(
  { onProgress }: McpCall,
  total: number | undefined,
  message: (progress: number) => string,
): ((progress: number) => void) | undefined {
  if (!onProgress) return undefined;
  return (progress) =>
    onProgress(JSON.stringify({ progress, ...(total ? { total } : {}), message: message(progress) }));
}
