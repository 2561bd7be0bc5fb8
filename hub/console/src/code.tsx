import { lazy, Suspense } from 'react';

export interface CodeProps {
  readonly label: string;
  readonly language: 'json' | 'yaml';
  readonly value: string;
  /** The text before the changes. With it, changes are marked as a diff. */
  readonly original?: string;
  onChange(text: string): void;
}

/** Loaded with the first text, because it is as large as the rest of a page. */
const CodeEditor = lazy(() => import('./code-editor.js'));

/** An editor for a text of YAML or JSON. */
export function Code(props: CodeProps) {
  return (
    <>
      <p>{props.label}</p>
      <Suspense fallback={<p>Loading …</p>}>
        <CodeEditor {...props} />
      </Suspense>
    </>
  );
}
