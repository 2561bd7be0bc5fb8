/**
 * Aborts when the process is told to stop: by a signal or, under a parent that holds its standard input
 * (`ROUNDHOUSE_PARENT=stdin`), by the parent's end. The second signal ends the process at once.
 */
export function untilTold(): AbortSignal {
  const told = new AbortController();
  const stop = (signal: string): void => {
    // Restore the default handling: a second signal ends the process at once.
    process.removeAllListeners('SIGINT');
    process.removeAllListeners('SIGTERM');
    told.abort(signal);
  };
  process.once('SIGINT', () => stop('SIGINT'));
  process.once('SIGTERM', () => stop('SIGTERM'));
  if (process.env.ROUNDHOUSE_PARENT === 'stdin') {
    process.stdin.once('end', () => stop('its parent process is stopping'));
    process.stdin.once('error', () => stop('its parent process is stopping'));
    process.stdin.resume();
    // The listener must not keep the process alive.
    process.stdin.unref();
  }
  return told.signal;
}
