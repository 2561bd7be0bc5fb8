import { hash, verify } from '@node-rs/argon2';

/** OWASP's parameters for Argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** A hash that matches no password, with the same parameters. The password of an unknown user is compared with it. */
const NO_PASSWORD = '$argon2id$v=19$m=19456,t=2,p=1$ZaMrY782MDICm0D++Hxc2Q$e+GGkwZo+OqPVYPaZLPQBJYyoeFwIj+Ft1WiTHlmixQ';

/** The most hashes at once: they take memory, and threads of the pool that file access also needs. */
const AT_ONCE = 2;

/** The hashes that wait, by payer, in the order of the payers' turns. */
const waiting = new Map<string, (() => void)[]>();
let running = 0;

/**
 * Hashes a password (Argon2id, PHC string), off the event loop, at most two at once.
 * @param payer waits behind its own hashes only: one caller with many requests does not hold up the others
 */
export function hashPassword(password: string, payer: string): Promise<string> {
  return inTurn(payer, () => hash(password, PARAMETERS));
}

/** Whether a password matches a hash. For `undefined`, or for a malformed hash, it takes the same time and answers `false`. */
export function verifyPassword(passwordHash: string | undefined, password: string, payer: string): Promise<boolean> {
  return inTurn(payer, async () => {
    if (passwordHash === undefined) return (await verify(NO_PASSWORD, password)) && false;
    try {
      return await verify(passwordHash, password);
    } catch {
      return (await verify(NO_PASSWORD, password)) && false;
    }
  });
}

async function inTurn<T>(payer: string, work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await turnOf(payer);
  else running++;
  try {
    return await work();
  } finally {
    const next = takeNext();
    if (next) next();
    else running--;
  }
}

function turnOf(payer: string): Promise<void> {
  return new Promise((resolve) => {
    const own = waiting.get(payer) ?? [];
    own.push(resolve);
    waiting.set(payer, own);
  });
}

/** The first hash of the payer whose turn it is. The payer's next one waits until all other payers have had their turn. */
function takeNext(): (() => void) | undefined {
  for (const [payer, own] of waiting) {
    const next = own.shift();
    waiting.delete(payer);
    if (own.length > 0) waiting.set(payer, own);
    return next;
  }
  return undefined;
}
