import type { connect } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { Confirm, Form, Once, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { Failure, Moment, number, Page, Status, Table } from '../ui.js';

/** The compiler checks that no event is missing. */
const events: Readonly<Record<connect.WebhookEvent, string>> = {
  'server.connected': 'A server is connected',
  'server.disconnected': 'A server is disconnected',
  'server.error': 'A server has an error',
  'tool.invoked': 'A tool was called',
  'tool.error': 'A call of a tool failed',
  'circuit.opened': 'The circuit of a server opens',
  'circuit.closed': 'The circuit of a server closes',
};
const LOOK_MS = 5000;

/** The webhooks that the user may manage. */
export default function Webhooks() {
  const [made, setMade] = useState<connect.Webhook>();
  const { data, error } = useWebhooks();
  const add = useAct(
    async (body: connect.CreateWebhookBody) => setMade(await hub.connect.webhooks.create(body)),
    'webhooks',
  );
  return (
    <>
      {made && (
        <Once
          title={`The secret of the webhook to ${made.url}`}
          text={made.secret}
          onClose={() => setMade(undefined)}
        />
      )}
      <Form
        label="New webhook"
        action="Make the webhook"
        isPending={add.isPending}
        error={add.error}
        onSubmit={(fields, form) =>
          add.mutate(
            { url: String(fields.get('url')), events: fields.getAll('event') as connect.WebhookEvent[] },
            { onSuccess: () => form.reset() },
          )
        }
      >
        <label>
          Address of the receiver
          <input name="url" type="url" required maxLength={2048} placeholder="https://hooks.example.com/roundhouse" />
        </label>
        {Object.entries(events).map(([event, title]) => (
          <label key={event}>
            <input type="checkbox" name="event" value={event} /> {title} <small>({event})</small>
          </label>
        ))}
      </Form>
      {error && <Failure error={error} />}
      {data?.length === 0 && <p>There are no webhooks.</p>}
      {data && data.length > 0 && (
        <Table label="Webhooks" head={['Receiver', 'State', 'Delivered', 'Failed', 'Waiting', 'Last delivery']}>
          {data.map((webhook) => (
            <tr key={webhook.id}>
              <td>
                <Link href={`/people/webhooks/${webhook.id}`}>{webhook.url}</Link>
              </td>
              <td>
                <Status state={webhook.enabled ? 'enabled' : 'disabled'} />
              </td>
              <td>{number(webhook.deliveryStats.successful)}</td>
              <td>{number(webhook.deliveryStats.failed)}</td>
              <td>{number(webhook.deliveryStats.pending)}</td>
              <td>
                <Moment at={webhook.lastDeliveryAt} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

function useWebhooks() {
  return useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => hub.connect.webhooks.list({ signal }),
    refetchInterval: LOOK_MS,
  });
}

/** A webhook with its deliveries. */
export function WebhookPage({ id }: { readonly id: string }) {
  const { data: all, error } = useWebhooks();
  const deliveries = useQuery({
    queryKey: ['deliveries', id],
    queryFn: ({ signal }) => hub.connect.webhooks.listDeliveries(id, { limit: 100 }, { signal }),
    refetchInterval: LOOK_MS,
  });
  const again = useAct((delivery: string) => hub.connect.webhooks.redeliver(id, delivery), 'deliveries', 'webhooks');
  const test = useAct(() => hub.connect.webhooks.test(id), 'deliveries', 'webhooks');
  const enable = useAct((enabled: boolean) => hub.connect.webhooks.update(id, { enabled }), 'webhooks');
  const remove = useAct(() => hub.connect.webhooks.delete(id), 'webhooks');
  const webhook = all?.find((one) => one.id === id);
  const failed = error ?? deliveries.error ?? again.error ?? test.error ?? enable.error ?? remove.error;
  const isBusy = test.isPending || enable.isPending || remove.isPending;
  return (
    <Page
      title="Webhook"
      actions={
        webhook && (
          <div className="actions">
            <button type="button" disabled={isBusy} onClick={() => test.mutate(undefined)}>
              Send a test
            </button>
            <button type="button" disabled={isBusy} onClick={() => enable.mutate(!webhook.enabled)}>
              {webhook.enabled ? 'Disable' : 'Enable'}
            </button>
            <Confirm
              action="Delete"
              subject="the webhook"
              isPending={isBusy}
              onConfirm={() => remove.mutate(undefined)}
            />
          </div>
        )
      }
    >
      <p>
        <Link href="/people/webhooks">All webhooks</Link>
      </p>
      {all && !webhook && <p>There is no such webhook.</p>}
      {failed && webhook && <Failure error={failed} />}
      {webhook && (
        <>
          <p>
            <Status state={webhook.enabled ? 'enabled' : 'disabled'} /> · {webhook.url}
          </p>
          {webhook.disabledReason !== null && <p className="failure">{webhook.disabledReason}</p>}
          <p className="muted">{webhook.events.join(', ')}</p>
          <h2>Deliveries</h2>
          {deliveries.data?.length === 0 && <p>Nothing was delivered yet.</p>}
          {deliveries.data && deliveries.data.length > 0 && (
            <Table
              label="Deliveries"
              head={['Event', 'State', 'Attempts', 'Answer', 'Time', 'Next attempt', 'Actions']}
            >
              {deliveries.data.map((one) => (
                <tr key={one.id}>
                  <td>
                    {one.event}
                    {one.test && ' (test)'}
                  </td>
                  <td>
                    <Status state={one.status} />
                  </td>
                  <td>{number(one.attempts.length)}</td>
                  <td>{one.error ?? one.statusCode ?? '–'}</td>
                  <td>
                    <Moment at={one.createdAt} />
                  </td>
                  <td>
                    <Moment at={one.nextAttemptAt} />
                  </td>
                  <td>
                    {one.status === 'failed' && !one.test && webhook.enabled && (
                      <button type="button" disabled={again.isPending} onClick={() => again.mutate(one.id)}>
                        Deliver again
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </Table>
          )}
        </>
      )}
    </Page>
  );
}
