import { type infrastructure, RoundhouseError } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm, Form, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Moment, number, Output, Page, Status, Table } from '../ui.js';

type Device = infrastructure.GetDeviceResult;
type Network = typeof hub.infrastructure.network;

/** The page sets no time limit for devices: the hub has one. */
const patient = { timeoutMs: 0 };
/** How many results of commands the page shows. */
const MOST_RESULTS = 20;

export default function DevicePage({ id }: { readonly id: string }) {
  const may = useMay();
  const { data: device, error } = useQuery({
    queryKey: ['device', id],
    queryFn: ({ signal }) => hub.infrastructure.network.getDevice(id, { signal }),
  });
  if (!device) return <Page title="Device">{error ? <Failure error={error} /> : <p>Loading …</p>}</Page>;
  const { model, os_version } = device.system_info;
  return (
    <Page title={device.name} actions={may('device.operate') && <Connection device={device} />}>
      {error && <Failure error={error} />}
      <p>
        <Status state={device.status} /> at site {device.site} · {device.type} · {device.hostname}:{device.port}
        {model !== '' && ` · ${model} ${os_version}`}
      </p>
      {device.error && (
        <p className="failure" role="status">
          {device.error}
        </p>
      )}
      {may('device.command') && <Commands device={device} />}
      {may('device.command') && <Configuration device={device} />}
      <Backups device={device} />
      {may('device.command') && <Changes device={device} />}
    </Page>
  );
}

/** An action on the device. Afterwards the page reads all its data of the device again. */
function useDeviceAct<Input = void>(act: (network: Network, input: Input) => Promise<unknown>) {
  return useAct((input: Input) => act(hub.infrastructure.network, input), 'device', 'devices');
}

function Connection({ device: { id, name, status } }: { readonly device: Device }) {
  const connect = useDeviceAct((network) => network.connectDevice(id, patient));
  const disconnect = useDeviceAct((network) => network.disconnectDevice(id, patient));
  const isPending = connect.isPending || disconnect.isPending;
  const failure = connect.error ?? disconnect.error;
  return (
    <div className="actions">
      {status === 'connected' ? (
        <Confirm action="Disconnect" subject={name} isPending={isPending} onConfirm={() => disconnect.mutate()} />
      ) : (
        <button type="button" className="primary" disabled={isPending} onClick={() => connect.mutate()}>
          {isPending ? 'Working …' : 'Connect'}
        </button>
      )}
      {failure && <Failure error={failure} />}
    </div>
  );
}

type Result = infrastructure.RunCommandResult & { readonly key: number };

function Commands({ device: { id } }: { readonly device: Device }) {
  const [results, setResults] = useState<readonly Result[]>([]);
  const run = useDeviceAct(async (network, command: string) => {
    const result = await network.runCommand(id, { command }, patient);
    setResults((before) => [{ ...result, key: (before[0]?.key ?? 0) + 1 }, ...before].slice(0, MOST_RESULTS));
  });
  return (
    <>
      <Form
        label="Run a command"
        action="Run"
        isPending={run.isPending}
        error={run.error}
        onSubmit={(fields) => run.mutate(String(fields.get('command')))}
      >
        <label>
          Command
          <input name="command" required maxLength={4096} autoComplete="off" spellCheck={false} />
        </label>
        {run.isPending && <output>The device is working …</output>}
      </Form>
      {results.map(({ key, command, output, success, error, duration_ms }) => (
        <section key={key} aria-label={`Result of ${command}`}>
          <h3>
            <Status state={success ? 'completed' : 'failed'} /> {command}{' '}
            <small className="muted">{number(duration_ms)} ms</small>
          </h3>
          {error && <p className="failure">{error}</p>}
          <Output label={`Output of ${command}`} text={output} />
        </section>
      ))}
    </>
  );
}

/** The candidate, or null if the device has none. */
async function candidateOf(id: string, signal: AbortSignal) {
  try {
    return await hub.infrastructure.network.getCandidate(id, { signal });
  } catch (error) {
    if (error instanceof RoundhouseError && error.status === 409) return null;
    throw error;
  }
}

function Configuration({ device: { id, name } }: { readonly device: Device }) {
  const may = useMay();
  const [shows, setShows] = useState(false);
  const running = useQuery({
    queryKey: ['device', id, 'configuration'],
    queryFn: ({ signal }) => hub.infrastructure.network.getConfig(id, {}, { signal, ...patient }),
    enabled: shows,
  });
  const candidate = useQuery({
    queryKey: ['device', id, 'candidate'],
    queryFn: ({ signal }) => candidateOf(id, signal),
  });
  const put = useDeviceAct((network, config: string) => network.putConfig(id, { config, commit: false }, patient));
  const commit = useDeviceAct((network) => network.commitConfig(id, patient));
  // The request names the candidate that the page shows: the hub refuses if another person has changed or dropped it.
  const rollback = useDeviceAct((network, revision: number | null) =>
    network.rollbackConfig(id, { candidate: revision }, patient),
  );
  const isPending = commit.isPending || rollback.isPending;
  const failure = running.error ?? candidate.error ?? commit.error ?? rollback.error;
  return (
    <section aria-labelledby="configuration">
      <h2 id="configuration">Configuration</h2>
      {failure && <Failure error={failure} />}
      <button type="button" disabled={running.isFetching} onClick={() => setShows(!shows)}>
        {shows ? 'Hide the running configuration' : 'Read the running configuration'}
      </button>
      {shows && running.data && <Output label="Running configuration" text={running.data.config} />}
      {may('device.change') && (
        <Form
          label="Add to the candidate"
          action="Put into the candidate"
          isPending={put.isPending}
          error={put.error}
          onSubmit={(fields, form) => put.mutate(String(fields.get('config')), { onSuccess: () => form.reset() })}
        >
          <label>
            Lines of configuration. The device knows nothing of them until you commit.
            <textarea name="config" className="code" rows={8} required spellCheck={false} />
          </label>
        </Form>
      )}
      {candidate.data && (
        <section aria-label="Candidate">
          <h3>Candidate</h3>
          <p className="muted">
            Changed <Moment at={candidate.data.updated_at} /> by {candidate.data.owner ?? 'the hub'}
          </p>
          {candidate.data.diff === null ? (
            <Output label="Lines of the candidate" text={candidate.data.config} />
          ) : (
            <Diff label="Changes of the candidate" text={candidate.data.diff} />
          )}
        </section>
      )}
      {may('device.change') && (
        <div className="actions">
          {candidate.data && (
            <Confirm
              action="Commit"
              subject={`the candidate on ${name}`}
              isPending={isPending}
              onConfirm={() => commit.mutate()}
            />
          )}
          {candidate.isSuccess && (
            <Confirm
              // The key ties the question to this candidate or this change.
              key={candidate.data?.revision ?? 'change'}
              action={candidate.data ? 'Drop' : 'Roll back'}
              subject={candidate.data ? `the candidate of ${name}` : `the last change of ${name}`}
              isPending={isPending}
              onConfirm={() => rollback.mutate(candidate.data?.revision ?? null)}
            />
          )}
          {isPending && <output>The device is working …</output>}
        </div>
      )}
    </section>
  );
}

/** A unified diff. The first character of a line shows the kind of change; the colour only repeats it. */
function Diff({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard
    <section className="scroll" aria-label={label} tabIndex={0}>
      <pre>
        {text.split('\n').map((line, i) => {
          const state = line.startsWith('+') ? 'status-success' : line.startsWith('-') ? 'status-failed' : '';
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a diff do not move
            <span key={i} className={state}>
              {line}
              {'\n'}
            </span>
          );
        })}
      </pre>
    </section>
  );
}

function Backups({ device: { id, name } }: { readonly device: Device }) {
  const may = useMay();
  const { data, error } = useQuery({
    queryKey: ['device', id, 'backups'],
    queryFn: ({ signal }) => hub.infrastructure.network.listBackups(id, {}, { signal }),
  });
  const make = useDeviceAct((network, description: string) => network.backupConfig(id, { description }, patient));
  const restore = useDeviceAct((network, backup_id: string) => network.restoreConfig(id, { backup_id }, patient));
  const remove = useDeviceAct((network, backupId: string) => network.deleteBackup(id, backupId));
  const isPending = make.isPending || restore.isPending || remove.isPending;
  const failure = error ?? restore.error ?? remove.error;
  return (
    <section aria-labelledby="backups">
      <h2 id="backups">Backups</h2>
      {failure && <Failure error={failure} />}
      {data?.data.length === 0 && <p>There are no backups of {name} yet.</p>}
      {data && data.data.length > 0 && (
        <Table label={`Backups of ${name}`} head={['Version', 'Made', 'Description', 'Bytes', 'Actions']}>
          {data.data.map(({ backup_id, version, created_at, description, size }) => (
            <tr key={backup_id}>
              <td>{version}</td>
              <td>
                <Moment at={created_at} />
              </td>
              <td>{description}</td>
              <td>{number(size)}</td>
              <td>
                {may('device.change') && (
                  <Confirm
                    action="Restore"
                    subject={`version ${version} on ${name}`}
                    isPending={isPending}
                    onConfirm={() => restore.mutate(backup_id)}
                  />
                )}{' '}
                {may('device.operate') && (
                  <Confirm
                    action="Delete"
                    subject={`version ${version} of ${name}`}
                    isPending={isPending}
                    onConfirm={() => remove.mutate(backup_id)}
                  />
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {data && data.metadata.total > data.data.length && (
        <p className="muted">
          The newest {number(data.data.length)} of {number(data.metadata.total)} backups
        </p>
      )}
      {may('device.operate') && (
        <Form
          label="Make a backup"
          action="Make a backup"
          isPending={isPending}
          error={make.error}
          onSubmit={(fields, form) => make.mutate(String(fields.get('description')), { onSuccess: () => form.reset() })}
        >
          <label>
            Description of the backup
            <input name="description" maxLength={200} />
          </label>
        </Form>
      )}
    </section>
  );
}

function Changes({ device: { id, name } }: { readonly device: Device }) {
  const { data, error } = useQuery({
    queryKey: ['device', id, 'changes'],
    queryFn: ({ signal }) => hub.infrastructure.network.listChanges(id, {}, { signal }),
  });
  return (
    <section aria-labelledby="changes">
      <h2 id="changes">Last changes</h2>
      {error && <Failure error={error} />}
      {data?.data.length === 0 && <p>The hub has not changed {name} yet.</p>}
      {data?.data.map(({ change_id, kind, state, by, created_at, diff, error: reason }) => (
        <details key={change_id}>
          <summary>
            <Status state={state} /> {kind} by {by ?? 'the hub'}, <Moment at={created_at} />
          </summary>
          {reason !== '' && <p className="failure">{reason}</p>}
          <Diff label={`Changes of the ${kind}`} text={diff} />
        </details>
      ))}
    </section>
  );
}
