/** What is not for everybody who may see a thing: it may repeat the whole manifest, values of variables included. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** A thing as it may be shown: without what `kubectl apply` keeps in its annotations, as `kubectl describe` leaves it out, too. */
export function shown<T extends { readonly annotations: Readonly<Record<string, string>> }>(thing: T): T {
  if (!Object.hasOwn(thing.annotations, LAST_APPLIED)) return thing;
  const { [LAST_APPLIED]: _, ...annotations } = thing.annotations;
  return { ...thing, annotations };
}
