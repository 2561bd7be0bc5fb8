import { useQuery } from '@tanstack/react-query';
import { hub } from '../hub.js';
import { Failure, Moment, number, Status, Table } from '../ui.js';

/** The last calls of a server's tool, as far as the user may see them. */
export function Calls({ server, tool }: { readonly server: string; readonly tool: string }) {
  const { data, error } = useQuery({
    queryKey: ['calls', tool],
    queryFn: ({ signal }) => hub.connect.tools.getHistory(tool, { limit: 100 }, { signal }),
  });
  if (error) return <Failure error={error} />;
  const calls = data?.filter(({ serverId }) => serverId === server);
  if (calls?.length === 0) return <p>The tool was not called yet.</p>;
  return (
    <Table label="Calls" head={['Time', 'Caller', 'Result', 'Duration']}>
      {calls?.map(({ id, timestamp, caller, success, error: reason, durationMs }) => (
        <tr key={id}>
          <td>
            <Moment at={timestamp} />
          </td>
          <td>{caller.name}</td>
          <td>
            <Status state={success ? 'completed' : 'failed'} /> {reason}
          </td>
          <td>{number(Math.round(durationMs))} ms</td>
        </tr>
      ))}
    </Table>
  );
}
