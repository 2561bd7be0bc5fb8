/** The exports of the client library. */
export type Library = typeof import('@kubernetes/client-node');

let loading: Promise<Library> | undefined;

/** The client library. It takes half a second and 70 MB to load: an agent whose hub has no clusters is spared that. */
export function loadLibrary(): Promise<Library> {
  loading ??= import('@kubernetes/client-node');
  return loading;
}
