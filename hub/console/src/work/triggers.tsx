import type { automation } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { Confirm, Form, Once, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useSession } from '../session.js';
import { Failure, Moment, Status, Table } from '../ui.js';

type TriggerEvent = NonNullable<automation.CreateTriggerBody['events']>[number];

/** The compiler checks that no event is missing. */
const events = Object.keys({
  'server.connected': 0,
  'server.disconnected': 0,
  'server.error': 0,
  'server.health': 0,
  'server.state': 0,
  'circuit.opened': 0,
  'circuit.closed': 0,
  'job.completed': 0,
  'job.failed': 0,
  'job.cancelled': 0,
  'cleanup.complete': 0,
  'test.complete': 0,
  'update.complete': 0,
  'alert.new': 0,
  'alert.acknowledged': 0,
  'alert.resolved': 0,
  'device.added': 0,
  'device.updated': 0,
  'device.removed': 0,
  'device.connected': 0,
  'device.disconnected': 0,
  'device.error': 0,
  'device.config.changed': 0,
  'cluster.added': 0,
  'cluster.updated': 0,
  'cluster.removed': 0,
  'cluster.connected': 0,
  'cluster.disconnected': 0,
  'cluster.error': 0,
  'config.updated': 0,
  'group.created': 0,
  'group.updated': 0,
  'group.deleted': 0,
  'definition.created': 0,
  'definition.updated': 0,
  'definition.deleted': 0,
  'database.created': 0,
  'database.updated': 0,
  'database.deleted': 0,
} satisfies Record<TriggerEvent, 0>) as TriggerEvent[];
const LOOK_MS = 5000;

/** The triggers of a workflow. @param keys the name and, if there is one, the id of the workflow, by which triggers name it */
export function Triggers({ name, keys }: { readonly name: string; readonly keys: readonly string[] }) {
  const { user } = useSession().session;
  const [made, setMade] = useState<automation.NewWorkflowTrigger>();
  const { data, error } = useQuery({
    queryKey: ['triggers'],
    queryFn: ({ signal }) => hub.automation.orchestration.listTriggers({ signal }),
    refetchInterval: LOOK_MS,
  });
  const set = useAct(
    ({ id, enabled }: { readonly id: string; readonly enabled: boolean }) =>
      hub.automation.orchestration.setTrigger(id, { enabled }),
    'triggers',
  );
  const remove = useAct((id: string) => hub.automation.orchestration.deleteTrigger(id), 'triggers');
  const failed = error ?? set.error ?? remove.error;
  const own = data?.triggers.filter(({ workflow }) => keys.includes(workflow));
  return (
    <section aria-labelledby="triggers">
      <h2 id="triggers">Triggers</h2>
      {failed && <Failure error={failed} />}
      {made?.secret && (
        <Once title={`The secret of the trigger ${made.name}`} text={made.secret} onClose={() => setMade(undefined)} />
      )}
      {own?.length === 0 && <p>No event starts this workflow.</p>}
      {own && own.length > 0 && (
        <Table label="Table of triggers" head={['Trigger', 'State', 'Starts on', 'Owner', 'Last event', 'Actions']}>
          {own.map(({ id, name, enabled, disabled_reason, events, filter, owner, last_event }) => (
            <tr key={id}>
              <td>{name}</td>
              <td>
                <Status state={enabled ? 'enabled' : 'disabled'} /> {disabled_reason}
              </td>
              <td>
                {events?.join(', ') ?? 'a signed message'} {filter && <code>{filter}</code>}
              </td>
              <td>{owner ?? '–'}</td>
              <td>
                {last_event && (
                  <>
                    {last_event.outcome} <Moment at={last_event.at} /> {last_event.reason}{' '}
                    {last_event.workflow_id && <Link href={`/work/runs/${last_event.workflow_id}`}>Run</Link>}
                  </>
                )}
              </td>
              <td>
                {(user.role === 'admin' || owner === user.name) && (
                  <div className="actions">
                    <button
                      type="button"
                      aria-label={`${enabled ? 'Disable' : 'Enable'} ${name}`}
                      disabled={set.isPending}
                      onClick={() => set.mutate({ id, enabled: !enabled })}
                    >
                      {enabled ? 'Disable' : 'Enable'}
                    </button>
                    <Confirm
                      action="Delete"
                      subject={`the trigger ${name}`}
                      isPending={remove.isPending}
                      onConfirm={() => remove.mutate(id)}
                    />
                  </div>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Make workflow={name} onMade={setMade} />
    </section>
  );
}

function Make(props: { readonly workflow: string; onMade(trigger: automation.NewWorkflowTrigger): void }) {
  const make = useAct(
    async (body: automation.CreateTriggerBody) => props.onMade(await hub.automation.orchestration.createTrigger(body)),
    'triggers',
  );
  const textIn = (fields: FormData, name: string) => String(fields.get(name) ?? '').trim();
  return (
    <Form
      label="New trigger"
      action="Make the trigger"
      isPending={make.isPending}
      error={make.error}
      onSubmit={(fields, form) => {
        const chosen = fields.getAll('event') as TriggerEvent[];
        const [filter, parameters] = [textIn(fields, 'filter'), textIn(fields, 'parameters')];
        let given: Record<string, unknown> | undefined;
        try {
          given = parameters === '' ? undefined : JSON.parse(parameters);
        } catch {
          const input = form.elements.namedItem('parameters') as HTMLTextAreaElement;
          input.setCustomValidity('The text is not JSON.');
          return void input.reportValidity();
        }
        const body = {
          name: textIn(fields, 'name'),
          workflow: props.workflow,
          ...(chosen.length > 0 && { events: chosen }),
          ...(filter !== '' && { filter }),
          ...(given && { parameters: given }),
          concurrency: Number(fields.get('concurrency')),
          debounce: Number(fields.get('debounce')),
        };
        make.mutate(body, { onSuccess: () => form.reset() });
      }}
    >
      <label>
        Name of the trigger
        <input name="name" required maxLength={64} autoComplete="off" spellCheck={false} />
      </label>
      <label>
        Events. Without an event, a signed message of another program starts the workflow.
        <select name="event" multiple size={6}>
          {events.map((event) => (
            <option key={event}>{event}</option>
          ))}
        </select>
      </label>
      <label>
        Only if (expression over event)
        <input name="filter" maxLength={1024} autoComplete="off" spellCheck={false} />
      </label>
      <label>
        Parameters (JSON)
        <textarea
          name="parameters"
          className="code"
          rows={3}
          spellCheck={false}
          onChange={(event) => event.target.setCustomValidity('')}
        />
      </label>
      <label>
        Runs at once
        <input name="concurrency" type="number" min={1} max={100} required defaultValue={1} />
      </label>
      <label>
        Seconds in which events start one run together
        <input name="debounce" type="number" min={0} max={86400} step="any" required defaultValue={0} />
      </label>
    </Form>
  );
}
