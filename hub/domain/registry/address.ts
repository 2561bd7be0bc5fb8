/** The registry of the Model Context Protocol project. */
export const officialRegistry = 'https://registry.modelcontextprotocol.io';
/** The address of a registry, without a slash at its end; `undefined` if the text is none. */
export function registryAddress(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!url || !isPlain || !['http:', 'https:'].includes(url.protocol)) return undefined;
  return url.href.replace(/(?<!\/)\/+$/, '');
}
