import { Type } from 'typebox';

/** Schemas of members that several APIs have. */

export const Time = Type.String({ format: 'date-time' });
export const TimeOrNull = Type.Union([Time, Type.Null()]);
export const Id = Type.String({ format: 'uuid' });
