/** The types of tests, in the order in which they run. */
export const testTypes = ['unit', 'integration', 'performance', 'security'] as const;
export type TestType = (typeof testTypes)[number];

/** The command that has an agent test one server. */
export interface SuiteOperation {
  readonly case: 'runSuite';
  readonly value: {
    readonly serverId: string;
    readonly types: readonly TestType[];
    readonly timeoutMs: number;
    readonly safeTools: readonly string[];
    readonly cases: readonly {
      readonly name: string;
      readonly tool: string;
      /** A JSON object. */
      readonly arguments: Uint8Array;
      readonly expectError: boolean;
      readonly contains: string;
      readonly matches: string;
      /** A JSON Schema; empty for none. */
      readonly structuredSchema: Uint8Array;
      readonly timeoutMs: number;
    }[];
    /** Definitions (JSON) by the names of their tools. */
    readonly approvedTools: Readonly<Record<string, Uint8Array>>;
    readonly verbose: boolean;
  };
}
