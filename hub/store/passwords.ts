import { hash, verify } from '@node-rs/argon2';

/** OWASP's parameters for Argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** A hash that no password has, with the same parameters: the password of an unknown user is compared with it. */
const NOBODY = '$argon2id$v=19$m=19456,t=2,p=1$ZaMrY782MDICm0D++Hxc2Q$e+GGkwZo+OqPVYPaZLPQBJYyoeFwIj+Ft1WiTHlmixQ';

/** Hashes take memory and a thread of the pool that file access needs as well. */
const AT_ONCE = 2;

const waiting: (() => void)[] = [];
let running = 0;

/** Hashes a password (Argon2id, PHC string), off the event loop, at most two at once. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, PARAMETERS));
}

/** Whether a password matches a hash. For `undefined`, or for a malformed hash, it takes the same time and answers `false`. */
export function verifyPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
  return inTurn(async () => {
    if (passwordHash === undefined) return (await verify(NOBODY, password)) && false;
    try {
      return await verify(passwordHash, password);
    } catch {
      return (await verify(NOBODY, password)) && false;
    }
  });
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
