import type { automation, connect } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Form, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Moment, number, Status, Table } from '../ui.js';

const LOOK_MS = 1000;
const types = ['all', 'unit', 'integration', 'performance', 'security'] as const;

/** The tests of a server: the tools that they may call, the runs, and the results of one run. */
export function Tests({ server: { id, name } }: { readonly server: connect.GetServerResult }) {
  const may = useMay();
  const [shown, setShown] = useState<string>();
  const declared = useQuery({
    queryKey: ['tests', id, 'declaration'],
    queryFn: ({ signal }) => hub.automation.servers.getDeclaration(id, { signal }),
  });
  const history = useQuery({
    queryKey: ['tests', id],
    queryFn: ({ signal }) => hub.automation.tests.getHistory({ server: id, limit: 20 }, { signal }),
  });
  const run = useAct(async (test_type: automation.TestType) => {
    const { test_id } = await hub.automation.tests.run({ test_type, servers: [id] });
    setShown(test_id);
  }, 'tests');
  const approve = useAct(() => hub.automation.servers.approveTools(id), 'tests');
  const failed = declared.error ?? history.error ?? approve.error;
  const { safe_tools: safe, cases, approved } = declared.data ?? {};
  return (
    <>
      {failed && <Failure error={failed} />}
      {declared.data && (
        <p>
          Tests may call {safe?.length ? safe.join(', ') : 'no tool freely'}; {number(cases?.length ?? 0)} declared
          cases.{' '}
          {approved ? (
            <>
              The definitions of {number(approved.tools.length)} tools were approved{' '}
              <Moment at={approved.approved_at} /> by {approved.approved_by ?? 'the hub'}
              {approved.changed?.length ? `. Changed since: ${approved.changed.join(', ')}` : ''}.
            </>
          ) : (
            'No definition of a tool is approved.'
          )}{' '}
          {may('test.declare') && (
            <button type="button" disabled={approve.isPending} onClick={() => approve.mutate(undefined)}>
              Approve the definitions of now
            </button>
          )}
        </p>
      )}
      {may('test.run') && (
        <Form
          label={`Test ${name}`}
          action="Run the tests"
          isPending={run.isPending}
          error={run.error}
          onSubmit={(fields) => run.mutate(fields.get('type') as automation.TestType)}
        >
          <label>
            Type
            <select name="type" defaultValue="all">
              {types.map((type) => (
                <option key={type}>{type}</option>
              ))}
            </select>
          </label>
        </Form>
      )}
      {shown !== undefined && <Results key={shown} id={shown} />}
      {history.data?.tests.length === 0 && <p>The server was not tested yet.</p>}
      {history.data && history.data.tests.length > 0 && (
        <Table label="Test runs" head={['Time', 'Type', 'State', 'Passed', 'Failed', 'Skipped', 'Results']}>
          {history.data.tests.map(({ test_id, executed_at, test_type, status, summary }) => (
            <tr key={test_id}>
              <td>
                <Moment at={executed_at} />
              </td>
              <td>{test_type}</td>
              <td>
                <Status state={status} />
              </td>
              <td>{number(summary.passed)}</td>
              <td>{number(summary.failed)}</td>
              <td>{number(summary.skipped)}</td>
              <td>
                <button type="button" onClick={() => setShown(test_id)}>
                  Show
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

const isUnderWay = (status: automation.JobStatus | undefined) =>
  status === 'scheduled' || status === 'queued' || status === 'running';

function Results({ id }: { readonly id: string }) {
  const { data, error } = useQuery({
    queryKey: ['tests', 'results', id],
    queryFn: ({ signal }) => hub.automation.tests.get(id, { signal }),
    refetchInterval: ({ state }) => (isUnderWay(state.data?.status) ? LOOK_MS : false),
  });
  if (!data) return error ? <Failure error={error} /> : <p>Loading …</p>;
  const { passed, failed, skipped } = data.summary;
  return (
    <section aria-labelledby="results">
      <h2 id="results">Results of the tests</h2>
      <p>
        <Status state={data.status} /> · {number(passed)} passed, {number(failed)} failed, {number(skipped)} skipped
      </p>
      {isUnderWay(data.status) && <progress aria-label="Progress" value={data.progress} max={100} />}
      {data.error && <p className="failure">{data.error.message}</p>}
      {data.results.map(({ server, failures }) =>
        failures.map(({ test, type, error: reason, trace }) => (
          <details key={`${server} ${type} ${test}`}>
            <summary>
              <Status state="failed" /> {type}: {test}: {reason}
            </summary>
            {trace && <pre>{trace}</pre>}
          </details>
        )),
      )}
    </section>
  );
}
