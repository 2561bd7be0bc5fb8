import type { automation, connect } from '@roundhouse/sdk';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { hub } from './hub.js';

/** Counts, and the state of each server in one short row, even for thousands of servers. Events cause a new read. */
export function useFleet(): UseQueryResult<connect.GetMonitorResult> {
  return useQuery({ queryKey: ['fleet'], queryFn: ({ signal }) => hub.connect.monitor.get({ signal }) });
}

/** The alerts that are open. */
export function useOpenAlerts(): UseQueryResult<automation.GetAlertsResult> {
  return useQuery({
    queryKey: ['alerts', 'active'],
    queryFn: ({ signal }) => hub.automation.alerts.get({ status: 'active' }, { signal }),
  });
}
