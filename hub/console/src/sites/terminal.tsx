import '@xterm/xterm/css/xterm.css';
import type { Terminal, TerminalTicket } from '@roundhouse/sdk';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal as Screen } from '@xterm/xterm';
import { useEffect, useRef, useState } from 'react';
import { hub, reasonOf } from '../hub.js';
import { takeScriptStyles } from '../script-styles.js';

const SCROLLBACK_LINES = 5000;

/** A terminal, from its opening to its end. It ends with its page. @param onEnd gets the reason, for people */
export default function TerminalScreen(props: {
  /** The place of the terminal, for screen readers. */
  readonly subject: string;
  ticket(signal: AbortSignal): Promise<TerminalTicket>;
  onEnd(reason: string): void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const given = useRef(props);
  given.current = props;
  useEffect(() => {
    const parent = frame.current;
    if (!parent) return;
    const leave = new AbortController();
    takeScriptStyles();
    const { colors, font } = looksOf(parent);
    const screen = new Screen({
      cursorBlink: true,
      scrollback: SCROLLBACK_LINES,
      theme: colors,
      fontFamily: font,
      fontSize: 14,
      screenReaderMode: true,
    });
    const fit = new FitAddon();
    screen.loadAddon(fit);
    screen.open(parent);
    screen.textarea?.setAttribute('aria-label', `Terminal in ${given.current.subject}`);
    // The Tab key belongs to the program. Shift and Tab leave the terminal.
    screen.attachCustomKeyEventHandler(({ key, shiftKey }) => !(key === 'Tab' && shiftKey));
    fit.fit();
    let terminal: Terminal | undefined;
    screen.onData((text) => terminal?.write(text));
    screen.onResize(({ cols, rows }) => terminal?.resize(cols, rows));
    const resized = new ResizeObserver(() => fit.fit());
    resized.observe(parent);
    const run = async () => {
      const ticket = await given.current.ticket(leave.signal);
      const { cols: columns, rows } = screen;
      const onOutput = (text: string) => new Promise<void>((resolve) => screen.write(text, resolve));
      terminal = await hub.infrastructure.terminal(ticket, { columns, rows, onOutput, signal: leave.signal });
      setOpen(true);
      // The size of the page may have changed.
      terminal.resize(screen.cols, screen.rows);
      screen.focus();
      return `The program has ended with exit code ${await terminal.ended}.`;
    };
    run()
      .catch(reasonOf)
      .then((reason) => {
        terminal = undefined;
        if (!leave.signal.aborted) given.current.onEnd(reason);
      });
    return () => {
      leave.abort();
      resized.disconnect();
      screen.dispose();
    };
  }, []);
  return (
    <section aria-label={`Terminal in ${props.subject}`}>
      <p className="muted" role="status">
        {isOpen ? 'The terminal is open. Shift and Tab lead out of it.' : 'Opening …'}
      </p>
      <div ref={frame} className="terminal" />
    </section>
  );
}

/** The page's own colours and its font for code. */
function looksOf(element: HTMLElement) {
  const { color, backgroundColor, fontFamily } = getComputedStyle(element);
  const colors = { foreground: color, background: backgroundColor, cursor: color, cursorAccent: backgroundColor };
  return { colors, font: fontFamily };
}
