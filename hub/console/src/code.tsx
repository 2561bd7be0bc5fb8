import { lazy, Suspense } from 'react';

export interface CodeProps {
  readonly label: string;
  readonly language: 'json' | 'yaml';
  readonly value: string;
  /** With it, the changes since then are marked as a diff. */
  readonly original?: string;
  onChange(text: string): void;
}

/** Loaded with the first text: it is as large as all else on a page. */
const CodeEditor = lazy(() => import('./code-editor.js'));

/** A text of YAML or JSON that a person writes. */
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
