import { v7 } from 'uuid';

/** A new id: UUID v7, so ids sort by the time they were made. */
export function newId(): string {
  return v7();
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text has the form of a UUID; names of servers may not, since both are accepted where a server is named. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}
