import { create, toBinary } from '@bufbuild/protobuf';
import { DeviceSpecSchema } from '@roundhouse/proto/agent/v1/device';
import { ServerSpecSchema } from '@roundhouse/proto/agent/v1/server';
import { asField, inMessage } from '@roundhouse/proto/frames';
import type { DeviceSpec } from '../../domain/agents/contract.js';
import type { LeftOut, ServerSpec } from '../../domain/agents/fleet.js';
import { mapInTurns } from '../../domain/event-loop.js';
import { toWireDevice } from '../wire/devices.js';
import { toWireSpec } from '../wire/wire.js';

/** The field of `HubFrame` that holds the desired state, and the fields of `DesiredState`. */
const desiredField = 6;
const fields = { servers: 1, devices: 2 } as const;

/** The tags and lengths around the specifications, bytes. */
const frameBytes = 64;

/** A specification in its form in a `DesiredState`. */
interface Written {
  readonly kind: keyof typeof fields;
  readonly id: string;
  readonly bytes: Buffer;
}

/** The frame with an agent's desired state, and the servers and devices that it has no room for. */
export interface Desired {
  readonly frame: Buffer;
  readonly leftOut: LeftOut;
}

/**
 * Writes the frame with an agent's desired state, in turns with other work. If it would be larger than a message may be, it leaves out the newest
 * specifications that do not fit.
 * @param most the largest message, bytes
 */
export async function encodeDesired(
  servers: readonly ServerSpec[],
  devices: readonly DeviceSpec[],
  most: number,
): Promise<Desired> {
  const write = (kind: Written['kind'], id: string, bytes: Uint8Array): Written => ({
    kind,
    id,
    bytes: asField(fields[kind], bytes),
  });
  const written = [
    ...(await mapInTurns(servers, (spec) =>
      write('servers', spec.id, toBinary(ServerSpecSchema, create(ServerSpecSchema, toWireSpec(spec)))),
    )),
    ...(await mapInTurns(devices, (spec) =>
      write('devices', spec.id, toBinary(DeviceSpecSchema, create(DeviceSpecSchema, toWireDevice(spec)))),
    )),
  ];
  const without = tooMany(written, most - frameBytes);
  const kept = written.filter((spec) => !without.has(spec));
  const idsOf = (wanted: Written['kind']) => [...without].flatMap(({ kind, id }) => (kind === wanted ? [id] : []));
  return {
    frame: inMessage(asField(desiredField, ...kept.map(({ bytes }) => bytes))),
    leftOut: { servers: idsOf('servers'), devices: idsOf('devices') },
  };
}

/** The specifications that do not fit. Ids sort by the time at which they were made: the oldest ones get their room first. */
function tooMany(written: readonly Written[], most: number): ReadonlySet<Written> {
  const without = new Set<Written>();
  let room = most;
  for (const spec of [...written].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    if (spec.bytes.length > room) without.add(spec);
    else room -= spec.bytes.length;
  }
  return without;
}
