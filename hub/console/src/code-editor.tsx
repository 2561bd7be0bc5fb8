import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { CodeProps } from './code.js';
import { takeScriptStyles } from './script-styles.js';

/** The page's own colours, which follow its theme. */
const theme = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--raised)', border: '1px solid var(--line)', maxHeight: '36rem' },
  '.cm-scroller': { fontFamily: 'ui-monospace, monospace', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { color: 'var(--muted)', backgroundColor: 'var(--raised)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '.cm-changedLine, .cm-insertedLine': { backgroundColor: 'color-mix(in srgb, var(--good) 10%, transparent)' },
  '.cm-deletedChunk': { backgroundColor: 'color-mix(in srgb, var(--bad) 10%, transparent)' },
});
const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.string, tags.content], color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: 'var(--warn)' },
  { tag: tags.comment, color: 'var(--muted)' },
]);
/** When a user types over a selection, a browser keeps its look in a style attribute, which the policy of the page forbids. */
const replaceAsText = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== 'insertText' || event.data === null || view.state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { scrollIntoView: true, userEvent: 'input.type' });
    return true;
  },
});
const languages: Readonly<Record<CodeProps['language'], () => Extension>> = { json, yaml };

/** An editor with line numbers and colours. The Tab key leaves it. With `original`, it marks changes as a diff. */
export default function CodeEditor(props: CodeProps) {
  const { label, language, value, original } = props;
  const frame = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(props.onChange);
  changed.current = props.onChange;
  const first = useRef(value);
  first.current = value;
  useEffect(() => {
    if (!frame.current) return;
    takeScriptStyles();
    const extensions = [
      lineNumbers(),
      history(),
      bracketMatching(),
      indentOnInput(),
      highlightActiveLine(),
      syntaxHighlighting(colours),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      languages[language](),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label }),
      replaceAsText,
      EditorView.updateListener.of(({ docChanged, state }) => {
        if (docChanged) changed.current(state.doc.toString());
      }),
      theme,
      ...(original === undefined ? [] : [unifiedMergeView({ original, mergeControls: false, gutter: false })]),
    ];
    const made = new EditorView({
      parent: frame.current,
      state: EditorState.create({ doc: first.current, extensions }),
    });
    view.current = made;
    return () => made.destroy();
  }, [label, language, original]);
  useEffect(() => {
    const shown = view.current;
    if (!shown || shown.state.doc.toString() === value) return;
    shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={frame} />;
}
