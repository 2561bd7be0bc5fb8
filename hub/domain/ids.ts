import { v7 } from 'uuid';

/** A new id: UUID v7, so ids sort by the time they were made. */
export function newId(): string {
  return v7();
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
