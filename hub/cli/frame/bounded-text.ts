/** The text of an answer; `undefined` if it is longer than so many characters. The rest is not read then. */
export async function textWithin({ body }: Response, most: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > most) return undefined;
  }
  return text + decoder.decode();
}
