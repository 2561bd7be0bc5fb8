import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { Confirm, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Moment, number, Page, Status } from '../ui.js';
import { Steps } from './steps.js';

const LOOK_MS = 1000;

export default function JobPage({ id }: { readonly id: string }) {
  const may = useMay();
  const { data: job, error } = useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => hub.automation.jobs.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data?.completed_at ? false : LOOK_MS),
  });
  const cancel = useAct(() => hub.automation.jobs.cancel(id), 'job', 'jobs');
  if (!job) return <Page title="Job">{error ? <Failure error={error} /> : <p>Loading …</p>}</Page>;
  const failed = error ?? cancel.error;
  return (
    <Page
      title={`Job: ${job.kind}`}
      actions={
        may('job.operate') &&
        job.completed_at === null && (
          <Confirm
            action="Cancel"
            subject={`the job ${job.kind}`}
            isPending={cancel.isPending}
            onConfirm={() => cancel.mutate(undefined)}
          />
        )
      }
    >
      {failed && <Failure error={failed} />}
      <p>
        <Status state={job.status} /> · asked for by {job.created_by ?? 'the hub'} · <Moment at={job.created_at} />
        {job.site !== null && ` · site ${job.site}`}
      </p>
      {job.completed_at === null && (
        <p>
          <progress aria-label="Progress" value={job.progress} max={100} /> {number(job.progress)} % {job.message}
        </p>
      )}
      {job.error && (
        <p className="failure" role="status">
          {job.error.message}
        </p>
      )}
      <p>
        {job.kind === 'workflow' && <Link href={`/work/runs/${job.job_id}`}>The run of the workflow</Link>}
        {job.parent_id !== null && <Link href={`/work/jobs/${job.parent_id}`}>The job that started it</Link>}{' '}
        {job.server_id !== null && may('server.read') && <Link href={`/servers/${job.server_id}`}>Its server</Link>}
      </p>
      <h2>Steps</h2>
      <Steps steps={job.steps} />
    </Page>
  );
}
