import type { CallEvent, connect } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { Code } from '../code.js';
import { hub, reasonOf } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Guard, Page } from '../ui.js';
import { Calls } from './calls.js';
import { Content, Data } from './content.js';
import { CopyCall } from './copy-call.js';

const SchemaForm = lazy(() => import('../schema-form.js'));

type Result = connect.InvokeToolResult;
type Arguments = Record<string, unknown>;

export default function ToolPage({ server, name }: { readonly server: string; readonly name: string }) {
  const may = useMay();
  const { data, error } = useQuery({
    queryKey: ['server', server],
    queryFn: ({ signal }) => hub.connect.servers.get(server, { signal }),
  });
  const tool = data?.tools.find((one) => one.name === name);
  return (
    <Page title={name}>
      {error && <Failure error={error} />}
      {data && (
        <p>
          A tool of <Link href={`/servers/${server}`}>{data.name}</Link> at site {data.site}
        </p>
      )}
      {data && !tool && <p>The server has no such tool now.</p>}
      {data && tool && (
        <>
          <p className="text">{tool.description}</p>
          {may('tool.invoke') ? (
            <Invocation server={{ id: server, name: data.name }} name={name} schema={tool.inputSchema} />
          ) : (
            <details open>
              <summary>Arguments</summary>
              <pre>{JSON.stringify(tool.inputSchema, null, 2)}</pre>
            </details>
          )}
          <h2>Last calls</h2>
          <Calls server={server} tool={name} />
        </>
      )}
    </Page>
  );
}

/** A call that runs or has ended. */
interface Call {
  readonly isOver: boolean;
  readonly progress?: { readonly progress: number; readonly total?: number; readonly message?: string };
  readonly messages: readonly string[];
  readonly result?: Result;
  readonly failure?: string;
}

const MOST_MESSAGES = 200;

function Invocation(props: {
  readonly server: { readonly id: string; readonly name: string };
  readonly name: string;
  readonly schema: unknown;
}) {
  const [values, setValues] = useState<Arguments>({});
  const [text, setText] = useState<string>();
  const [call, setCall] = useState<Call>();
  const [wrong, setWrong] = useState<string>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const invoke = async (given: Arguments) => {
    const controller = new AbortController();
    running.current = controller;
    setCall({ isOver: false, messages: [] });
    const change = (more: (before: Call) => Partial<Call>) =>
      setCall((before) => (before && running.current === controller ? { ...before, ...more(before) } : before));
    try {
      const body = { serverId: props.server.id, arguments: given, timeoutMs: 3_600_000 };
      const events = hub.connect.tools.invokeStream(props.name, body, { signal: controller.signal });
      for await (const event of events) change((before) => taken(before, event));
    } catch (error) {
      change(() => ({ failure: controller.signal.aborted ? 'The call was cancelled.' : reasonOf(error) }));
    } finally {
      change(() => ({ isOver: true }));
    }
  };
  const submitText = () => {
    try {
      setWrong(undefined);
      void invoke(JSON.parse(text ?? '{}') as Arguments);
    } catch (error) {
      setWrong(reasonOf(error));
    }
  };
  const isRunning = call !== undefined && !call.isOver;
  const buttons = (
    <div className="actions">
      <button type="submit" className="primary" disabled={isRunning}>
        Call
      </button>
      <button type="button" disabled={!isRunning} onClick={() => running.current?.abort()}>
        Cancel
      </button>
      <button type="button" onClick={() => setText(text === undefined ? JSON.stringify(values, null, 2) : undefined)}>
        {text === undefined ? 'Type JSON' : 'Use the form'}
      </button>
    </div>
  );
  const jsonForm = (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submitText();
      }}
    >
      <Code label="Arguments (JSON)" language="json" value={text ?? '{}'} onChange={setText} />
      {wrong && <p className="failure">{wrong}</p>}
      {buttons}
    </form>
  );
  return (
    <>
      <h2>Call</h2>
      {text !== undefined ? (
        jsonForm
      ) : (
        <Guard fallback={() => jsonForm}>
          <Suspense fallback={<p>Loading …</p>}>
            <SchemaForm
              schema={props.schema}
              values={values}
              onChange={setValues}
              onSubmit={(given) => void invoke(given)}
            >
              {buttons}
            </SchemaForm>
          </Suspense>
        </Guard>
      )}
      {call && <Outcome call={call} />}
      <CopyCall server={props.server} tool={props.name} given={text ?? values} />
    </>
  );
}

function taken(before: Call, event: CallEvent<Result>): Partial<Call> {
  if (event.type === 'progress') return { progress: event.data };
  if (event.type === 'result') return { result: event.data };
  const { level, data } =
    event.type === 'dropped' ? { level: 'warning', data: `${event.data.count} messages were left out` } : event.data;
  const line = `${level}: ${typeof data === 'string' ? data : JSON.stringify(data)}`;
  return { messages: [...before.messages, line].slice(-MOST_MESSAGES) };
}

function Outcome({ call: { isOver, progress, messages, result, failure } }: { readonly call: Call }) {
  return (
    <section aria-labelledby="outcome" aria-busy={!isOver}>
      <h2 id="outcome">Result</h2>
      {!isOver && <output>The tool is running …</output>}
      {progress && (
        <p>
          <progress aria-label="Progress" value={progress.total ? progress.progress : undefined} max={progress.total} />{' '}
          {progress.message ?? (progress.total ? `${progress.progress} of ${progress.total}` : progress.progress)}
        </p>
      )}
      {messages.length > 0 && <pre className="messages">{messages.join('\n')}</pre>}
      {failure && (
        <p className="failure" role="alert">
          {failure}
        </p>
      )}
      {result && (
        <>
          {result.isError && <p className="failure">The tool says that it failed.</p>}
          {result.content.map((part, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a result do not move
            <Content key={i} content={part} />
          ))}
          {result.structuredContent !== undefined && <Data title="Data" value={result.structuredContent} />}
          <details>
            <summary>The whole result as JSON</summary>
            <pre>{JSON.stringify(result, null, 2)}</pre>
          </details>
        </>
      )}
    </section>
  );
}
