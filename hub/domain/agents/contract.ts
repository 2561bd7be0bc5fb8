import type { Command } from '@roundhouse/proto/agent/v1/command';

/** A message of the contract as plain data: 64-bit numbers are numbers, and no field changes. */
export type Plain<T> = T extends bigint
  ? number
  : T extends Uint8Array
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Plain<Item>[]
      : T extends object
        ? { readonly [Name in keyof T as Name extends `$${string}` ? never : Name]: Plain<T[Name]> }
        : T;

type Commands = Exclude<Command['operation'], { case: undefined }>;

/** The operations of these names as plain data. The contract says what their fields mean. */
export type Operations<Name extends Commands['case']> = Plain<Extract<Commands, { case: Name }>>;
