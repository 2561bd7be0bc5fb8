import type { connect } from '@roundhouse/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Form } from '../forms.js';
import { hub } from '../hub.js';
import { Failure, number } from '../ui.js';
import { Content } from './content.js';

const { servers } = hub.connect;

/** The resources of a server and their templates. A resource is read when the person opens it. */
export function Resources({ id }: { readonly id: string }) {
  const { data, error } = useQuery({
    queryKey: ['server', id, 'resources'],
    queryFn: ({ signal }) => servers.listResources(id, { signal }),
  });
  if (!data) return error ? <Failure error={error} /> : <p>Loading …</p>;
  const { resources, templates } = data;
  return (
    <>
      {resources.length === 0 && <p>The server lists no resources.</p>}
      <ul className="cards">
        {resources.map((resource) => (
          <Resource key={resource.uri} id={id} resource={resource} />
        ))}
      </ul>
      {templates.length > 0 && (
        <>
          <h2>Templates ({number(templates.length)})</h2>
          <ul className="cards">
            {templates.map((template) => (
              <li key={template.uriTemplate}>
                <Named entry={template}>{template.uriTemplate}</Named>
              </li>
            ))}
          </ul>
          <ReadAny id={id} />
        </>
      )}
    </>
  );
}

function Named(props: { readonly entry: Omit<connect.Prompt, 'arguments'>; readonly children?: ReactNode }) {
  const { name, title, description } = props.entry;
  return (
    <>
      <strong>{title || name}</strong> {props.children && <code>{props.children}</code>}
      {description !== '' && <p>{description}</p>}
    </>
  );
}

function Resource({ id, resource }: { readonly id: string; readonly resource: connect.Resource }) {
  const { uri, name, mimeType } = resource;
  const read = useMutation({ mutationFn: () => servers.readResource(id, { uri }) });
  return (
    <li>
      <Named entry={resource}>{uri}</Named>
      <p className="actions">
        {mimeType !== '' && <span className="muted">{mimeType}</span>}
        <button type="button" aria-label={`Read ${name}`} disabled={read.isPending} onClick={() => read.mutate()}>
          Read
        </button>
      </p>
      <Outcome label={`Contents of ${name}`} contents={read.data?.contents} error={read.error} />
    </li>
  );
}

/** Reads a resource by its address, such as one that a template makes. */
function ReadAny({ id }: { readonly id: string }) {
  const read = useMutation({ mutationFn: (uri: string) => servers.readResource(id, { uri }) });
  return (
    <>
      <Form
        label="Read a resource by its address"
        action="Read"
        isPending={read.isPending}
        error={read.error}
        onSubmit={(fields) => read.mutate(String(fields.get('uri')).trim())}
      >
        <label>
          Address
          <input name="uri" required autoComplete="off" spellCheck={false} />
        </label>
      </Form>
      <Outcome label="Contents of the resource" contents={read.data?.contents} error={null} />
    </>
  );
}

/** The prompts of a server, each with a form for its arguments. */
export function Prompts({ id }: { readonly id: string }) {
  const { data, error } = useQuery({
    queryKey: ['server', id, 'prompts'],
    queryFn: ({ signal }) => servers.listPrompts(id, { signal }),
  });
  if (!data) return error ? <Failure error={error} /> : <p>Loading …</p>;
  if (data.length === 0) return <p>The server lists no prompts.</p>;
  return (
    <ul className="cards">
      {data.map((prompt) => (
        <Prompt key={prompt.name} id={id} prompt={prompt} />
      ))}
    </ul>
  );
}

function Prompt({ id, prompt }: { readonly id: string; readonly prompt: connect.Prompt }) {
  const { name, arguments: wanted } = prompt;
  const fill = useMutation({
    mutationFn: (given: Record<string, string>) => servers.getPrompt(id, { name, arguments: given }),
  });
  return (
    <li>
      <Named entry={prompt} />
      <Form
        label={`Fill in ${name}`}
        action="Fill in"
        isPending={fill.isPending}
        error={fill.error}
        onSubmit={(fields) => {
          const given = wanted.map((one) => [one.name, String(fields.get(`argument.${one.name}`) ?? '')] as const);
          fill.mutate(Object.fromEntries(given.filter(([, value]) => value !== '')));
        }}
      >
        {wanted.map((one) => (
          <label key={one.name}>
            {one.name}
            {one.description !== '' && `: ${one.description}`}
            <input name={`argument.${one.name}`} required={one.required} autoComplete="off" />
          </label>
        ))}
      </Form>
      <Outcome
        label={`Messages of ${name}`}
        contents={fill.data?.messages.map(({ content }) => content)}
        error={null}
      />
    </li>
  );
}

function Outcome(props: {
  readonly label: string;
  readonly contents: readonly unknown[] | undefined;
  readonly error: unknown;
}) {
  const { label, contents, error } = props;
  if (error) return <Failure error={error} />;
  if (!contents) return null;
  return (
    <section aria-label={label}>
      {contents.map((content, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of an answer do not move
        <Content key={at} content={(content ?? {}) as object} />
      ))}
    </section>
  );
}
