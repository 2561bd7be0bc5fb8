/** A source that gives a chunk when the test says so. */
export function source() {
  let give: (chunk: string | null) => void = () => {};
  let returned = false;
  const chunks: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise((resolve) => {
          give = (chunk) =>
            resolve(chunk === null ? { done: true, value: undefined } : { done: false, value: Buffer.from(chunk) });
        }),
      return: async () => {
        returned = true;
        return { done: true, value: undefined };
      },
    }),
  };
  return { chunks, give: (chunk: string | null) => give(chunk), wasLeft: () => returned };
}
