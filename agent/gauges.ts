import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DeviceState } from '@roundhouse/proto/agent/v1/device';
import { ServerState } from '@roundhouse/proto/agent/v1/server';
import type { Servers } from './drivers/mcp/servers.js';
import type { Devices } from './drivers/network/devices.js';
import type { UsageMeter } from './drivers/usage/usage.js';
import type { Meter } from './meter.js';

/** The parts of an agent whose state is read before each report of metrics. */
export interface GaugedParts {
  readonly servers: Pick<Servers, 'reports'>;
  readonly devices: Pick<Devices, 'reports'>;
  readonly usage: Pick<UsageMeter, 'processes'>;
}

/** Has a meter read the state of the process, the servers and the devices. @returns a function that ends the measurement of the event loop */
export function readGauges(meter: Meter, { servers, devices, usage }: GaugedParts): () => void {
  const delay = monitorEventLoopDelay();
  delay.enable();
  meter.set('startTime', Math.round((Date.now() - process.uptime() * 1000) / 1000));
  meter.read(() => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    meter.set('cpuSeconds', (user + system) / 1e6);
    meter.set('residentBytes', rss);
    meter.set('heapBytes', heapUsed);
    meter.set('loopDelay', delay.percentile(99) / 1e9);
    delay.reset();
  });
  meter.read(async () => {
    const reports = servers.reports();
    meter.keep('server', new Set(reports.map(({ serverId }) => serverId)));
    const processes = await usage.processes();
    for (const { serverId, state } of reports) {
      const { memoryBytes = 0, cpuPercent } = processes.get(serverId) ?? {};
      meter.set('serverConnected', state === ServerState.CONNECTED ? 1 : 0, [serverId]);
      meter.add('serverRestarts', [serverId], 0);
      meter.set('serverMemory', memoryBytes, [serverId]);
      meter.set('serverCpu', (cpuPercent ?? 0) / 100, [serverId]);
    }
  });
  meter.read(() => {
    const reports = devices.reports();
    meter.keep('device', new Set(reports.map(({ deviceId }) => deviceId)));
    for (const { deviceId, state } of reports)
      meter.set('deviceConnected', state === DeviceState.CONNECTED ? 1 : 0, [deviceId]);
  });
  return () => delay.disable();
}
