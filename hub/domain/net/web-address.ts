/** More than any page needs. */
const MOST_CHARACTERS = 8192;

/** Whether a text from an agent is the address of a page that people may be sent to. */
export function isWebAddress(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > MOST_CHARACTERS || !URL.canParse(text)) return false;
  return /^https?:$/.test(new URL(text).protocol);
}
