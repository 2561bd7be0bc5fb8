import { randomBytes } from 'node:crypto';

/** The ids of one millisecond are numbered with 12 bits (RFC 9562, section 6.2, method 1). */
const MOST_IN_MS = 4096;
/** Hexadecimal digits at the end of an id that are random. The first one also holds the two bits of the variant. */
const RANDOM_DIGITS = 16;
/** By a random digit, the digit with the variant (binary 10) and two random bits. */
const VARIANTS = '89ab89ab89ab89ab';
/** So many random bytes are drawn at once: drawing them for each id takes most of its time. */
const DRAWN = 4096;

let idMs = 0;
let idsInMs = 0;
let beginning = '';
let random = '';
let drawnAt = 0;

/** A new id: UUID v7, so ids sort by the time they were made. If the clock is set back, ids go on from the time of the last one. */
export function newId(): string {
  const now = Date.now();
  if (now > idMs) startMs(now);
  else if (idsInMs === MOST_IN_MS) startMs(idMs + 1);
  const count = (idsInMs++).toString(16).padStart(3, '0');
  if (drawnAt === random.length) {
    random = randomBytes(DRAWN).toString('hex');
    drawnAt = 0;
  }
  const variant = VARIANTS[Number.parseInt(random.charAt(drawnAt), 16)];
  const fourth = random.slice(drawnAt + 1, drawnAt + 4);
  const last = random.slice(drawnAt + 4, drawnAt + RANDOM_DIGITS);
  drawnAt += RANDOM_DIGITS;
  return `${beginning}${count}-${variant}${fourth}-${last}`;
}

function startMs(ms: number): void {
  idMs = ms;
  idsInMs = 0;
  const hex = ms.toString(16).padStart(12, '0');
  beginning = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text has the form of a UUID. Names of servers must not, because requests name a server by its name or its id. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** When an id was made, milliseconds since 1970. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The lower bound of the ids that are made at a time or later; for ranges of ids. */
export function idsFrom(ms: number): string {
  const hex = Math.min(Math.max(0, Math.floor(ms)), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
