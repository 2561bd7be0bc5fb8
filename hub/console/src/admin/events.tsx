import { useState } from 'react';
import { EventList } from '../event-list.js';
import { useEvents } from '../live.js';
import { Page } from '../ui.js';

export default function Events() {
  const events = useEvents();
  const [type, setType] = useState('');
  const [held, setHeld] = useState<typeof events | null>(null);
  const shown = (held ?? events).filter((event) => event.type.includes(type));
  return (
    <Page
      title="Events"
      actions={
        <button type="button" onClick={() => setHeld(held ? null : events)}>
          {held ? 'Follow again' : 'Hold'}
        </button>
      }
    >
      <label className="filter">
        Type contains
        <input value={type} onChange={(event) => setType(event.target.value.trim())} placeholder="server." />
      </label>
      <EventList events={shown} />
    </Page>
  );
}
