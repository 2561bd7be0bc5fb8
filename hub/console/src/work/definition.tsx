import { RoundhouseError } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { type Document, isNode, LineCounter, parseDocument, stringify } from 'yaml';
import { Code } from '../code.js';
import { Confirm, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Page } from '../ui.js';

/** A mistake in the text, and its place. */
interface Mistake {
  readonly field: string;
  readonly error: string;
  readonly line: number | undefined;
}

const FIRST = `name: nightly_check
description: Tests all servers
parameters: {}
steps:
  - id: check
    kind: test_run
`;

/** Makes a workflow (`new`), or changes the workflow with this id. */
export default function DefinitionPage({ id }: { readonly id: string }) {
  const may = useMay();
  const isNew = id === 'new';
  const { data, error } = useQuery({
    queryKey: ['definitions', id],
    queryFn: ({ signal }) => hub.backend.mcpDefinitions.get(id, { signal }),
    enabled: !isNew,
    // Changes are based on the definition that was read first.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const title = isNew ? 'Make a workflow' : `Change ${data?.name ?? 'a workflow'}`;
  const latest = data?.versions[0];
  const { type: _, ...config } = latest?.config ?? { type: 'workflow' };
  return (
    <Page title={title}>
      {error && <Failure error={error} />}
      {!may('workflow.define') && <p>Your role does not define workflows.</p>}
      {may('workflow.define') && isNew && <Editor text={FIRST} />}
      {may('workflow.define') && data && (
        <Editor
          key={latest?.id}
          id={id}
          text={stringify({ name: data.name, description: data.description, ...config })}
        />
      )}
    </Page>
  );
}

function Editor({ id, text }: { readonly id?: string; readonly text: string }) {
  const [typed, setTyped] = useState(text);
  const [mistakes, setMistakes] = useState<readonly Mistake[]>([]);
  const [, go] = useLocation();
  const save = useAct(
    async (source: string) => {
      setMistakes([]);
      const lines = new LineCounter();
      const document = parseDocument(source, { lineCounter: lines });
      if (document.errors.length > 0)
        return setMistakes(
          document.errors.map(({ message, linePos }) => ({
            field: 'the text',
            error: message,
            line: linePos?.[0].line,
          })),
        );
      const given: unknown = document.toJS();
      if (typeof given !== 'object' || given === null || Array.isArray(given))
        return setMistakes([{ field: 'the text', error: 'has no members, such as name and steps', line: undefined }]);
      const { name, description = '', ...rest } = given as { readonly name: string; readonly description?: string };
      const config = { type: 'workflow', ...rest } as Parameters<typeof hub.backend.mcpDefinitions.create>[0]['config'];
      try {
        if (id === undefined)
          await hub.backend.mcpDefinitions.create({ name, description, mcp_type: 'workflow', config });
        else await hub.backend.mcpDefinitions.update(id, { name, description, config });
      } catch (error) {
        const found = problemsOf(error).map((problem) => ({
          ...problem,
          line: lineOf(document, lines, problem.field),
        }));
        if (found.length === 0) throw error;
        return setMistakes(found);
      }
      go(`/work/workflows/${encodeURIComponent(name)}`);
    },
    'workflows',
    'definitions',
  );
  const remove = useAct(
    async () => {
      await hub.backend.mcpDefinitions.delete(id ?? '');
      go('/work/workflows');
    },
    'workflows',
    'definitions',
  );
  const failed = save.error ?? remove.error;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(typed);
      }}
    >
      <Code
        label="Definition (YAML or JSON)"
        language="yaml"
        value={typed}
        {...(id !== undefined && { original: text })}
        onChange={setTyped}
      />
      {mistakes.length > 0 && (
        <ul className="failure" role="alert" aria-label="Mistakes">
          {mistakes.map(({ field, error, line }) => (
            <li key={`${field} ${error}`}>
              {line !== undefined && `Line ${line}, `}
              <code>{field}</code>: {error}
            </li>
          ))}
        </ul>
      )}
      {failed && <Failure error={failed} />}
      <div className="actions">
        <button type="submit" className="primary" disabled={save.isPending}>
          Save the workflow
        </button>
        {id !== undefined && (
          <Confirm
            action="Delete"
            subject="the workflow and its versions"
            isPending={remove.isPending}
            onConfirm={() => remove.mutate(undefined)}
          />
        )}
      </div>
    </form>
  );
}

/** The problems that the hub found, by their paths in the text. The hub has parameters and steps below `config`. */
function problemsOf(error: unknown): { readonly field: string; readonly error: string }[] {
  if (!(error instanceof RoundhouseError)) return [];
  const { problems = [error.details] } = error.details as { readonly problems?: readonly Record<string, unknown>[] };
  return problems
    .filter(({ field }) => typeof field === 'string')
    .map((one) => ({ field: String(one.field).replace(/^config\./, ''), error: String(one.error) }));
}

/** The line of a path, or of its nearest parent in the text. */
function lineOf(document: Document, lines: LineCounter, field: string): number | undefined {
  const path = field.split('.');
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(
      path.slice(0, length).map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
      true,
    );
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}
