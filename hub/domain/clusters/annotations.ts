/** Not every caller who may see a thing may see this: it may repeat the whole manifest, values of variables included. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** A thing without the annotation of `kubectl apply`, which `kubectl describe` leaves out, too. */
export function shown<T extends { readonly annotations: Readonly<Record<string, string>> }>(thing: T): T {
  if (!Object.hasOwn(thing.annotations, LAST_APPLIED)) return thing;
  const { [LAST_APPLIED]: _, ...annotations } = thing.annotations;
  return { ...thing, annotations };
}
