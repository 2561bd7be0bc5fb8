import type { Happened } from './live.js';
import { Moment } from './ui.js';

/** Events, newest first, each with its members in words. */
export function EventList({ events }: { readonly events: readonly Happened[] }) {
  if (events.length === 0) return <p>Nothing has happened since this page was opened.</p>;
  return (
    <ol className="events">
      {events.map(({ key, type, data }) => (
        <li key={key}>
          <Moment at={typeof data.timestamp === 'string' ? data.timestamp : null} /> <b>{type}</b>{' '}
          <span className="muted">{membersOf(data)}</span>
        </li>
      ))}
    </ol>
  );
}

/** `name: value` for each member that is readable for people. */
function membersOf(data: Happened['data']): string {
  return Object.entries(data)
    .filter(([name, value]) => name !== 'timestamp' && !/Id$/.test(name) && value !== null && typeof value !== 'object')
    .map(([name, value]) => `${name}: ${value}`)
    .join(' · ');
}
