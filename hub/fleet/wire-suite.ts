import type { MessageInitShape } from '@bufbuild/protobuf';
import { type RunSuiteSchema, TestType } from '@roundhouse/proto/agent/v1/suite';
import type { SuiteOperation } from '../domain/suites/operation.js';

const types: Readonly<Record<SuiteOperation['value']['types'][number], TestType>> = {
  unit: TestType.UNIT,
  integration: TestType.INTEGRATION,
  performance: TestType.PERFORMANCE,
  security: TestType.SECURITY,
};

/** What is to be tested, in the contract's terms. */
export function toWireSuite(value: SuiteOperation['value']): MessageInitShape<typeof RunSuiteSchema> {
  return {
    ...value,
    types: value.types.map((type) => types[type]),
    safeTools: [...value.safeTools],
    cases: value.cases.map((declared) => ({ ...declared })),
    approvedTools: { ...value.approvedTools },
  };
}
