import { collection, remove, type Store, type Write } from '../store.js';

export const themes = ['light', 'dark', 'system'] as const;

/** A user's settings of the portal. */
export interface Preferences {
  readonly theme: (typeof themes)[number];
  readonly notifications: boolean;
}

export interface PreferencesRecord extends Preferences {
  /** The user's, or that of a key without a user. */
  readonly id: string;
}

export const preferences = collection<PreferencesRecord>('preferences', 'preferences');

export const defaultPreferences: Preferences = { theme: 'system', notifications: true };

/** The writes that remove an owner's preferences. */
export function preferencesOf(store: Pick<Store, 'get'>, ownerId: string): Write[] {
  return store.get(preferences, ownerId) ? [remove(preferences, ownerId)] : [];
}
