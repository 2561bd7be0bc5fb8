import { memo, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { reasonOf } from './hub.js';
import { number } from './ui.js';

/** How many lines are kept. */
const MOST_LINES = 2000;
/** The most characters of a line. The rest is left out. */
const MOST_OF_LINE = 8192;

interface Kept<Line> {
  readonly key: number;
  readonly line: Line;
}

/**
 * The last 2,000 lines of a log, with new lines as they come. The user can pause and search it.
 * @param id another id begins another log
 */
export function FollowedLog<Line>(props: {
  readonly id: string;
  follow(signal: AbortSignal): AsyncIterable<Line>;
  /** The searched text of a line. */
  textOf(line: Line): string;
  /** A line on the page; absent: its text. */
  render?(line: Line, text: string): ReactNode;
}) {
  const { id, textOf } = props;
  const [lines, setLines] = useState<readonly Kept<Line>[]>([]);
  const [ended, setEnded] = useState<{ readonly failure?: string }>();
  const [attempt, setAttempt] = useState(0);
  const [wanted, setWanted] = useState('');
  const [isPaused, setPaused] = useState(false);
  /** How many lines have come during the pause. */
  const [held, setHeld] = useState(0);
  const paused = useRef(false);
  paused.current = isPaused;
  const source = useRef(props);
  source.current = props;
  const frame = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  /** Records before a change whether the view is at the end. Only then the view follows the log. */
  const look = () => {
    if (!frame.current) return;
    const { scrollHeight, scrollTop, clientHeight } = frame.current;
    atEnd.current = scrollHeight - scrollTop - clientHeight < 50;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another log, or another attempt, begins
  useEffect(() => {
    const controller = new AbortController();
    let key = 0;
    let waiting: Line[] = [];
    setLines([]);
    setEnded(undefined);
    // Many lines may come at once. The page is drawn once for all of them.
    const timer = setInterval(() => {
      setHeld(paused.current ? waiting.length : 0);
      if (waiting.length === 0 || paused.current) return;
      const come = waiting.map((line) => ({ line, key: key++ }));
      waiting = [];
      look();
      setLines((before) => [...before, ...come].slice(-MOST_LINES));
    }, 200);
    const read = async () => {
      try {
        for await (const line of source.current.follow(controller.signal)) {
          waiting.push(line);
          if (waiting.length > MOST_LINES) waiting = waiting.slice(-MOST_LINES);
        }
        if (!controller.signal.aborted) setEnded({});
      } catch (error) {
        if (!controller.signal.aborted) setEnded({ failure: reasonOf(error) });
      }
    };
    void read();
    return () => {
      controller.abort();
      clearInterval(timer);
    };
  }, [id, attempt]);
  const sought = wanted.toLowerCase();
  // biome-ignore lint/correctness/useExhaustiveDependencies: these change what is in the frame
  useLayoutEffect(() => {
    if (atEnd.current && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [lines, sought]);
  const shown = sought === '' ? lines : lines.filter(({ line }) => textOf(line).toLowerCase().includes(sought));
  return (
    <>
      <div className="filters">
        <label>
          Lines that contain
          <input
            type="search"
            value={wanted}
            onChange={(event) => {
              look();
              setWanted(event.target.value);
            }}
          />
        </label>
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          Pause
        </button>
        <output>
          {number(shown.length)} of the last {number(lines.length)} lines
          {held > 0 && `, ${number(held)} more wait`}
        </output>
      </div>
      {ended && (
        <p className={ended.failure ? 'failure' : ''} role="status">
          {ended.failure ?? 'The log has ended.'}{' '}
          <button type="button" onClick={() => setAttempt(attempt + 1)}>
            Follow again
          </button>
        </p>
      )}
      <div
        ref={frame}
        className="log"
        role="log"
        aria-label="Log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard
        tabIndex={0}
      >
        {shown.map(({ key, line }) => (
          <Drawn key={key} line={line} textOf={textOf} render={props.render} />
        ))}
        {lines.length === 0 && !ended && <p>Nothing is written yet.</p>}
      </div>
    </>
  );
}

interface Drawing<Line> {
  readonly line: Line;
  textOf(line: Line): string;
  readonly render: ((line: Line, text: string) => ReactNode) | undefined;
}

/** One line. It does not change. */
const Drawn = memo(
  function Drawn<Line>({ line, textOf, render }: Drawing<Line>) {
    const whole = textOf(line);
    const text = whole.length > MOST_OF_LINE ? `${whole.slice(0, MOST_OF_LINE)} …` : whole;
    return <div>{render ? render(line, text) : text}</div>;
  },
  (before, after) => before.line === after.line,
) as <Line>(props: Drawing<Line>) => ReactNode;
