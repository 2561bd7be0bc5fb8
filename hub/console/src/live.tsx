import type { connect } from '@roundhouse/sdk';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { hub } from './hub.js';

/** An event of the hub, in the form of the console. */
export interface Happened {
  /** Unique in this page. */
  readonly key: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** How many events are kept, newest first. */
const MOST = 500;
/** How often lists are read again at most, however many events come. */
const PAUSE_MS = 2000;
const AGAIN_MS = 3000;
/**
 * The time between two updates of the page, which show events together: a page that is drawn for each of a thousand events a second can do nothing
 * else.
 */
const SHOW_MS = 100;

let events: readonly Happened[] = [];
let count = 0;
/** Not shown yet, newest last. */
let arrived: Happened[] = [];
let showing: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function add(type: string, data: unknown): void {
  count += 1;
  arrived.push({ key: count, type, data: (data ?? {}) as Happened['data'] });
  if (arrived.length > MOST) arrived.shift();
  showing ??= setTimeout(show, SHOW_MS);
}

function show(): void {
  showing = undefined;
  events = [...arrived.reverse(), ...events].slice(0, MOST);
  arrived = [];
  for (const listener of listeners) listener();
}

/** The events since the page was opened, newest first. */
export function useEvents(): readonly Happened[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => events,
  );
}

/** Follows the hub's events while the page is open, and reads again the lists that an event may have changed. */
export function useLive(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const touched = new Set<string>();
    const refresh = (key: string) => {
      touched.add(key);
      timer ??= setTimeout(() => {
        timer = undefined;
        const keys = [...touched];
        touched.clear();
        for (const one of keys) void queries.invalidateQueries({ queryKey: [one] });
      }, PAUSE_MS);
    };
    const follow = async () => {
      while (!signal.aborted) {
        try {
          const stream = hub.connect.sse.streamEvents({}, { signal, onReconnect: () => refresh('fleet') });
          for await (const event of stream as AsyncIterable<connect.ServerEvent>) {
            add(event.type, event.data);
            for (const key of queriesOf(event.type)) refresh(key);
          }
        } catch {
          // The gate of the page shows that the hub cannot be reached, or that the session has ended.
        }
        if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    };
    void follow();
    return () => {
      controller.abort();
      clearTimeout(timer);
      clearTimeout(showing);
      showing = undefined;
      arrived = [];
      events = [];
    };
  }, [queries]);
}

/** The queries that an event makes stale. */
function queriesOf(type: string): string[] {
  const noun = type.split('.')[0] ?? '';
  if (noun === 'alert') return ['alerts'];
  if (noun === 'tool') return ['calls'];
  if (noun === 'server') return ['fleet', 'tools', 'server'];
  if (noun === 'job') return ['jobs', 'runs', 'schedules'];
  if (noun === 'device') return ['devices', 'device'];
  if (noun === 'cluster') return ['clusters', 'cluster'];
  return type === 'reset'
    ? ['fleet', 'tools', 'alerts', 'server', 'jobs', 'runs', 'schedules', 'devices', 'device', 'clusters', 'cluster']
    : [];
}
