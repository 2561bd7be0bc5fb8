import type { automation } from '@roundhouse/sdk';
import { number, Status, Table } from '../ui.js';

/** The steps of a job, in the order in which they run. */
export function Steps({ steps }: { readonly steps: readonly automation.WorkflowStep[] }) {
  if (steps.length === 0) return <p>The job has no steps.</p>;
  return (
    <Table label="Steps" head={['Step', 'State', 'Duration', 'Reason']}>
      {steps.map((step) => (
        <tr key={step.name}>
          <td>{step.name}</td>
          <td>
            <Status state={step.waits_for ? 'waiting' : step.status} />
          </td>
          <td>{number(Math.round(step.duration_seconds * 10) / 10)} s</td>
          <td>{step.reason}</td>
        </tr>
      ))}
    </Table>
  );
}
