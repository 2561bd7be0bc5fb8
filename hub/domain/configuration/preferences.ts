import { collection, remove, type Store, type Write } from '../store.js';

export const themes = ['light', 'dark', 'system'] as const;

/** How somebody likes the portal. */
export interface Preferences {
  readonly theme: (typeof themes)[number];
  readonly notifications: boolean;
}

export interface PreferencesRecord extends Preferences {
  /** The user's, or that of a key that is nobody's. */
  readonly id: string;
}

export const preferences = collection<PreferencesRecord>('preferences', 'preferences');

export const defaultPreferences: Preferences = { theme: 'system', notifications: true };

/** The writes that take somebody's preferences away. */
export function preferencesOf(store: Pick<Store, 'get'>, ownerId: string): Write[] {
  return store.get(preferences, ownerId) ? [remove(preferences, ownerId)] : [];
}
