/**
 * Which request a message answers that was too long to be kept, told from its first and last characters; `undefined`
 * where they do not say. Sound for valid JSON: a member right behind the first brace, or right before the only closing
 * one, belongs to the message itself and to nothing inside it.
 */
export function overlongRequestId(head: string, tail: string): number | undefined {
  const first = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*"?([0-9]{1,15})"?\s*,/.exec(head);
  const last = /,\s*"id"\s*:\s*"?([0-9]{1,15})"?\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/.exec(tail);
  const id = first?.[1] ?? last?.[1];
  return id === undefined ? undefined : Number(id);
}
