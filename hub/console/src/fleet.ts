import type { automation, connect } from '@roundhouse/sdk';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { hub } from './hub.js';

/** Counts and the state of each server: one short row for each, also where there are thousands. Events have it read again. */
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
