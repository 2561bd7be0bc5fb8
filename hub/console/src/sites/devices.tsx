import type { infrastructure } from '@roundhouse/sdk';
import { Link } from 'wouter';
import { hub } from '../hub.js';
import { Listing } from '../listing.js';
import { type Column, Moment, Page, Status } from '../ui.js';

const columns: Column<infrastructure.Device>[] = [
  { id: 'name', title: 'Name', cell: ({ id, name }) => <Link href={`/devices/${id}`}>{name}</Link> },
  { id: 'state', title: 'State', cell: ({ status }) => <Status state={status} /> },
  { id: 'site', title: 'Site', cell: ({ site }) => site },
  { id: 'tools', title: 'Type', cell: ({ type }) => type },
  { id: 'reason', title: 'Last connected', cell: ({ last_connected }) => <Moment at={last_connected} /> },
];

export default function Devices() {
  return (
    <Page title="Devices">
      <Listing
        label="Devices"
        queryKey={['devices']}
        read={(asked, signal) => hub.infrastructure.network.listDevices(asked, { signal })}
        columns={columns}
        keyOf={({ id }) => id}
        empty={
          <p>
            There are no network devices yet. Add one with <code>POST /infrastructure/api/v1/network/devices</code>.
          </p>
        }
      />
    </Page>
  );
}
