// Shared by the scripts that users start: messages and exit codes.

/** Ends a command with a message for people instead of a stack. */
export class Stop extends Error {}

/** @param {string} text a line for people, on standard error */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Runs the body of a script: a {@link Stop} becomes its message and exit code 1.
 * @param {() => Promise<number | void>} body resolves with the exit code
 */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

/**
 * @param {string} least the oldest version of Node that works, as `engines` has it: `>=20.12`
 * @param {string} version
 * @throws {Stop} where this Node is older
 */
export function checkNode(least, version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.replace('>=', '').split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw new Stop(
    `Roundhouse needs Node ${leastMajor}.${leastMinor} or later; this is Node ${version} (${process.execPath}).`,
  );
}
