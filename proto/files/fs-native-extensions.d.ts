declare module 'fs-native-extensions' {
  /** Locks a whole file for this process; `false` when another has it. Ends with the descriptor. */
  export function tryLock(descriptor: number): boolean;
}
