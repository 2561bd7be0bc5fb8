declare module 'fs-native-extensions' {
  /** Asks for an exclusive lock of the whole file; `false` if another descriptor, in any process, holds one. */
  export function tryLock(descriptor: number): boolean;
}
