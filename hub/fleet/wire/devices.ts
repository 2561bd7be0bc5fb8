import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CommandSchema } from '@roundhouse/proto/agent/v1/command';
import {
  ConfigChangeState,
  type DeviceSpecSchema,
  type DeviceReport as WireReport,
  DeviceState as WireState,
} from '@roundhouse/proto/agent/v1/device';
import type {
  DeviceOperation,
  DeviceReport,
  DeviceSpec,
  DeviceState,
  ReportedChange,
} from '../../domain/agents/contract.js';
import { toNumber, toText, toToken } from './bounds.js';

const states: Readonly<Record<WireState, DeviceState>> = {
  [WireState.UNSPECIFIED]: 'disconnected',
  [WireState.DISCONNECTED]: 'disconnected',
  [WireState.CONNECTING]: 'connecting',
  [WireState.CONNECTED]: 'connected',
  [WireState.ERROR]: 'error',
};

const changeStates: Readonly<Record<ConfigChangeState, ReportedChange['state']>> = {
  [ConfigChangeState.UNSPECIFIED]: 'begun',
  [ConfigChangeState.BEGUN]: 'begun',
  [ConfigChangeState.CONFIRMED]: 'confirmed',
  [ConfigChangeState.REVERTED]: 'reverted',
  [ConfigChangeState.RESTORE_PENDING]: 'restore_pending',
  [ConfigChangeState.FAILED]: 'failed',
};

/** An agent's report of a network device in the domain's terms. @throws MalformedReport */
export function toDeviceReport(report: WireReport): DeviceReport {
  const { deviceId, attempt, pinGeneration, info, change } = report;
  return {
    deviceId,
    revision: toNumber(report.revision),
    state: states[report.state] ?? 'error',
    error: toText(report.error),
    errorReason: toToken(report.errorReason),
    connectedAt: toNumber(report.connectedAtMs),
    attempt,
    nextAttempt: toNumber(report.nextAttemptMs),
    hostKey: toToken(report.hostKey),
    jumpHostKey: toToken(report.jumpHostKey),
    pinGeneration,
    info: info && {
      model: toText(info.model),
      serial: toText(info.serial),
      osVersion: toText(info.osVersion),
      uptime: toText(info.uptime),
      readAt: toNumber(info.readAtMs),
      hostname: toText(info.hostname),
    },
    change: change && {
      changeId: toToken(change.changeId),
      state: changeStates[change.state] ?? 'begun',
      hashBefore: toToken(change.hashBefore),
      hashAfter: toToken(change.hashAfter),
      time: toNumber(change.timeMs),
      error: toText(change.error),
    },
  };
}

/** The domain's specification of a device in the contract's terms. */
export function toWireDevice(spec: DeviceSpec): MessageInitShape<typeof DeviceSpecSchema> {
  return { ...spec, revision: BigInt(spec.revision) };
}

/** An operation on devices in the contract's terms. */
export function toWireDeviceOperation(
  operation: DeviceOperation,
): NonNullable<MessageInitShape<typeof CommandSchema>['operation']> {
  switch (operation.case) {
    case 'putDevice':
      return { case: 'putDevice', value: { device: toWireDevice(operation.value.device) } };
    case 'runCommands': {
      const commands = operation.value.commands.map((command) => ({ ...command, answers: [...command.answers] }));
      return { case: 'runCommands', value: { ...operation.value, commands } };
    }
    default:
      return operation;
  }
}
