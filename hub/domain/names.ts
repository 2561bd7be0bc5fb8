import { createHash } from 'node:crypto';
import { isVisible, MUST_BE_VISIBLE } from '@roundhouse/proto/text';
import { isAllowed } from './access/authorize.js';
import type { RequestOrigin } from './access/caller.js';
import { type Permission, permissions } from './access/permissions.js';
import { DomainError, invalid } from './errors.js';
import { isUuid } from './ids.js';

/** Checks the name of a thing that is found by name or id. @throws DomainError `invalid_input` naming the field. */
export function checkName(name: string, field = 'name'): void {
  if (isUuid(name)) throw invalid(field, 'must not have the form of a UUID');
  checkVisible(name, field);
}

/**
 * Checks that a caller may give a record another name. The steps and requests of other callers name the record, and act with the rights of
 * those callers: so another name needs the strongest permission that such a step needs. Case is no part of a name.
 * @throws DomainError `forbidden`.
 */
export function checkMayRename(
  { caller }: Pick<RequestOrigin, 'caller'>,
  before: string,
  name: string | undefined,
  permission: Permission,
): void {
  if (name === undefined || name.toLowerCase() === before.toLowerCase() || isAllowed(caller, permission)) return;
  const requiredRole = permissions[permission];
  const message = `name: steps of workflows name '${before}', so another name needs role ${requiredRole}`;
  throw new DomainError('forbidden', message, { permission, requiredRole, field: 'name' });
}

/** Checks a text by which people tell things apart. @throws DomainError `invalid_input` naming the field. */
export function checkVisible(text: string, field: string): void {
  if (!isVisible(text)) throw invalid(field, MUST_BE_VISIBLE);
}

const LONGEST_NAME = 64;
const DIGITS = 10;

/** A name that no other personal server of the owner has: it ends with a few digits of the hash of `text`, which only this server has. */
export function distinctName(name: string, text: string): string {
  const digits = createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
  return `${name.slice(0, LONGEST_NAME - DIGITS - 1)}-${digits}`;
}

/** The order of names in lists, as `localeCompare` has it. */
export const compareNames = new Intl.Collator().compare;
