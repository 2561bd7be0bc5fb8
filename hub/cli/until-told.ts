/** Resolves when the process is told to stop: by a signal or, under a parent that holds its standard input, by the parent's end. */
export function untilTold(): Promise<{ signal: string }> {
  return new Promise((resolve) => {
    const stop = (signal: string) => {
      // With the listeners removed, a second signal ends the process at once.
      process.removeAllListeners('SIGINT');
      process.removeAllListeners('SIGTERM');
      resolve({ signal });
    };
    process.once('SIGINT', () => stop('SIGINT'));
    process.once('SIGTERM', () => stop('SIGTERM'));
    if (process.env.ROUNDHOUSE_PARENT === 'stdin') {
      process.stdin.once('end', () => stop('its parent process is stopping'));
      process.stdin.once('error', () => stop('its parent process is stopping'));
      process.stdin.resume();
      // The process watches standard input, but this must not keep it alive.
      process.stdin.unref();
    }
  });
}
