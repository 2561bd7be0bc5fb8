import type { automation } from '@roundhouse/sdk';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Confirm, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay, useSession } from '../session.js';
import { Failure, Moment, number, Page, Status } from '../ui.js';
import { Steps } from './steps.js';
import { keyOf, useWorkflowNames, useWorkflows, WorkflowGraph } from './workflows.js';

const SchemaForm = lazy(() => import('../schema-form.js'));

type Run = automation.GetWorkflowResult;

/** Many events of a run may come at once. The page reads the run again once for all of them. */
const PAUSE_MS = 300;
const AGAIN_MS = 3000;

export default function RunPage({ id }: { readonly id: string }) {
  const may = useMay();
  const { session } = useSession();
  const nameOf = useWorkflowNames();
  const { data: run, error } = useQuery({
    queryKey: ['run', id],
    queryFn: ({ signal }) => hub.automation.orchestration.getWorkflow(id, { signal }),
  });
  const facts = useQuery({
    queryKey: ['run-facts', id],
    queryFn: async ({ signal }) => ({
      job: await hub.automation.jobs.get(id, { signal }),
      parameters: (await hub.backend.workflowRuns.get(id, { signal })).parameters,
    }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const message = useRunEvents(id);
  const workflows = useWorkflows();
  const cancel = useAct(() => hub.automation.orchestration.cancelWorkflow(id), 'run', 'runs', 'schedules');
  if (!run) return <Page title="Run">{error ? <Failure error={error} /> : <p>Loading …</p>}</Page>;
  const name = nameOf(run.workflow);
  const isOver = run.completed_at !== null;
  const definition = workflows.data?.find((one) => one.name === name);
  const by = facts.data?.job.created_by;
  const mayRepeat = isOver && may('workflow.execute') && (session.user.role === 'admin' || by === session.user.name);
  const failed = error ?? facts.error ?? cancel.error;
  return (
    <Page
      title={`Run of ${name}`}
      actions={
        may('workflow.execute') &&
        !(isOver && !run.schedule) && (
          <Confirm
            action={run.schedule ? 'End the series' : 'Cancel'}
            subject={`of ${name}`}
            isPending={cancel.isPending}
            onConfirm={() => cancel.mutate(undefined)}
          />
        )
      }
    >
      {failed && <Failure error={failed} />}
      <p>
        <Status state={run.status} /> · <Link href={`/work/workflows/${encodeURIComponent(name)}`}>{name}</Link>
        {by && ` · started by ${by}`}
        {' · '}
        {run.started_at ? (
          <Moment at={run.started_at} />
        ) : (
          <>
            due <Moment at={run.scheduled_at} />
          </>
        )}
        {run.completed_at && (
          <>
            {' to '}
            <Moment at={run.completed_at} />
          </>
        )}
      </p>
      {run.retry_of && (
        <p>
          It repeats <Link href={`/work/runs/${run.retry_of}`}>an earlier run</Link>.
        </p>
      )}
      {run.schedule && (
        <p>
          It belongs to the series {run.schedule.cron} ({run.schedule.timezone}). The next run is{' '}
          <Link href={`/work/runs/${run.schedule.next_workflow_id}`}>
            <Moment at={run.schedule.next_at} />
          </Link>
          .
        </p>
      )}
      {!isOver && run.status === 'running' && (
        <p>
          <progress aria-label="Progress" value={run.progress} max={100} /> {number(run.progress)} % {message}
        </p>
      )}
      {run.error && (
        <p className="failure" role="status">
          {run.error.message}
        </p>
      )}
      {run.steps.map(
        (step, at) =>
          step.waits_for && (
            <Decision key={step.name} id={id} step={step} asks={step.waits_for} name={`decision-${at}`} />
          ),
      )}
      <h2>Steps</h2>
      <Steps steps={run.steps} />
      {mayRepeat && <Repeat run={run} keys={(definition?.steps ?? []).map(keyOf)} />}
      {definition && (
        <>
          <h2>Graph</h2>
          <WorkflowGraph
            steps={definition.steps}
            states={Object.fromEntries(run.steps.map((step) => [step.name, step.waits_for ? 'waiting' : step.status]))}
          />
        </>
      )}
      {Object.keys(facts.data?.parameters ?? {}).length > 0 && (
        <>
          <h2>Parameters</h2>
          <pre>{JSON.stringify(facts.data?.parameters, null, 2)}</pre>
        </>
      )}
      {Object.keys(run.results).length > 0 && (
        <>
          <h2>Results</h2>
          {Object.entries(run.results).map(([step, result]) => (
            <details key={step}>
              <summary>{step}</summary>
              <pre>{JSON.stringify(result, null, 2)}</pre>
            </details>
          ))}
        </>
      )}
    </Page>
  );
}

/** Follows the events of a run, and reads the run again after each. @returns the message of the running step */
function useRunEvents(id: string): string {
  const queries = useQueryClient();
  const [message, setMessage] = useState('');
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const changed = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: ['run', id] });
      }, PAUSE_MS);
    };
    const follow = async () => {
      while (!signal.aborted) {
        try {
          for await (const event of hub.backend.workflowRuns.stream(id, {}, { signal })) {
            if (event.type === 'log') setMessage(event.data.message);
            changed();
          }
          // The stream ends with the run.
          return;
        } catch {
          // The gate of the page shows that the hub cannot be reached, or that the session has ended.
        }
        if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    };
    void follow();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [id, queries]);
  return message;
}

const ranks = ['viewer', 'user', 'operator', 'admin'];
const choices = {
  approval: { approve: 'Approve', refuse: 'Refuse' },
  attention: { resume: 'Do the step again', skip: 'Skip the step', fail: 'Let the step fail' },
} as const;

/** The question of a step that waits for a person, with its form. */
function Decision(props: {
  readonly id: string;
  readonly step: automation.WorkflowStep;
  readonly asks: automation.WorkflowQuestion;
  readonly name: string;
}) {
  const { id, step, asks } = props;
  const may = useMay();
  const { session } = useSession();
  const [values, setValues] = useState<Record<string, unknown>>({});
  const [comment, setComment] = useState('');
  const decide = useAct(
    (body: automation.DecideWorkflowStepBody) => hub.automation.orchestration.decideWorkflowStep(id, body),
    'run',
    'runs',
  );
  const isAsked =
    may('workflow.execute') && asks.question !== null && ranks.indexOf(session.user.role) >= ranks.indexOf(asks.role);
  const send = (decision: automation.DecideWorkflowStepBody['decision'], given?: Record<string, unknown>) =>
    decide.mutate({ step: step.name, decision, comment, ...(given && { values: given }) });
  const [first, ...others] = Object.entries(choices[asks.kind]) as [
    automation.DecideWorkflowStepBody['decision'],
    string,
  ][];
  const rest = (
    <>
      <label>
        Comment
        <input value={comment} maxLength={1000} onChange={(event) => setComment(event.target.value)} />
      </label>
      {decide.error && <Failure error={decide.error} />}
      <div className="actions">
        <button type="submit" className="primary" disabled={decide.isPending}>
          {first?.[1]}
        </button>
        {others.map(([decision, title]) => (
          <button key={decision} type="button" disabled={decide.isPending} onClick={() => send(decision)}>
            {title}
          </button>
        ))}
      </div>
    </>
  );
  return (
    <section className="steps" aria-label={`Step ${step.name} waits`}>
      <h2>Step {step.name} waits for a person</h2>
      <p className="text">{asks.question ?? 'The question is not for you.'}</p>
      <p className="muted">
        Since <Moment at={asks.since} />
        {asks.until && (
          <>
            {' · until '}
            <Moment at={asks.until} />
          </>
        )}
        {' · '}role {asks.role} decides
      </p>
      {isAsked && asks.form && (
        <Suspense fallback={<p>Loading …</p>}>
          <SchemaForm
            name={props.name}
            schema={asks.form}
            values={values}
            onChange={setValues}
            onSubmit={(given) => first && send(first[0], given)}
          >
            {rest}
          </SchemaForm>
        </Suspense>
      )}
      {isAsked && !asks.form && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (first) send(first[0]);
          }}
        >
          {rest}
        </form>
      )}
    </section>
  );
}

/** Repeats a finished run from a step on. */
function Repeat({ run, keys }: { readonly run: Run; readonly keys: readonly string[] }) {
  const [from, setFrom] = useState('');
  const [, go] = useLocation();
  const retry = useAct(async () => {
    const again = await hub.automation.orchestration.retryWorkflow(run.workflow_id, { ...(from && { from }) });
    go(`/work/runs/${again.workflow_id}`);
  }, 'runs');
  const known = keys.filter((key) => run.steps.some((step) => step.name === key));
  return (
    <form
      className="filters"
      aria-label="Repeat the run"
      onSubmit={(event) => {
        event.preventDefault();
        retry.mutate(undefined);
      }}
    >
      <label>
        Repeat from
        <select value={from} onChange={(event) => setFrom(event.target.value)}>
          <option value="">the steps that did not complete</option>
          {known.map((key) => (
            <option key={key}>{key}</option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={retry.isPending}>
        Repeat
      </button>
      {retry.error && <Failure error={retry.error} />}
    </form>
  );
}
