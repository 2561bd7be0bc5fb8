import { Type } from 'typebox';

/** The argument that names a network device. */
export const device = Type.String({ minLength: 1, maxLength: 64, description: "The device's name or id" });
