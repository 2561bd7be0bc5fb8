// Which tests of the built product belong to which sources. Their processes load no source of hub and agent, so the import graph does not tell.

/**
 * The first line that matches a source says which tests its change selects. A source that no line names selects all tests that start the product.
 * @type {readonly (readonly [source: RegExp, tests: RegExp])[]}
 */
export const areas = [
  [/^hub\/api\/automation\//, /automation|image-updates|published-updates|sdk\//],
  [/^hub\/api\/infrastructure\//, /infrastructure|network|sdk\//],
  [/^hub\/api\/portal\//, /portal|sdk\//],
  [/^hub\/api\/connect\//, /connect|tool-|event|sse|server-log|hang-up|metrics|sdk\//],
  [/^hub\/api\/backend\//, /backend|sdk\//],
  [/^hub\/api\/mcp\//, /mcp|conformance/],
  [/^hub\/domain\/(?:breakers|cache|favorites|monitor|templates)\//, /connect/],
  [/^hub\/domain\/(?:alerts|cleanup|jobs|suites|system|workflows)\//, /automation|backend-runs|image-updates/],
  [/^(?:hub\/domain|agent\/drivers)\/(?:databases)\//, /backend-databases|backend-document/],
  [/^hub\/domain\/(?:dashboard|definitions|entities)\//, /backend/],
  [
    /^(?:hub\/domain\/clusters|agent\/drivers\/kubernetes)\//,
    /infrastructure-(?:clusters|kubernetes|document)|helm|mcp-devices/,
  ],
  [/^(?:hub\/domain\/devices|agent\/drivers\/network)\//, /network|infrastructure-(?:document|lists)|mcp-devices/],
  [/^(?:hub\/domain|agent\/drivers)\/docker\//, /docker|image-update|compose|mcp-devices|portal-servers/],
  [/^hub\/domain\/(?:updates)\//, /update|portal-(?:servers|lifecycle)/],
  [/^agent\/drivers\/sources\//, /update|portal|real|published|automation-examples/],
  [/^hub\/domain\/catalog\//, /portal|automation-examples/],
  [/^(?:hub\/domain|agent\/drivers)\/logs\//, /log/],
  [/^agent\/drivers\/suite\//, /automation-tests|automation-document/],
  [/^hub\/domain\/webhooks\//, /webhook|connect-document/],
  [/^hub\/domain\/limits\//, /limits/],
  [/^hub\/domain\/mcp\//, /mcp|conformance/],
  [/^hub\/metrics\//, /metrics|dashboard/],
  [/^hub\/oidc\//, /sign-in|portal|mcp-(?:authorization|consent)/],
  [/^(?:hub|agent)\/cli/, /command-line|up\.test/],
  [/^sdk\/typescript\//, /sdk\/typescript/],
  [/^sdk\/python\//, /sdk\/python/],
  [/^sdk\/go\//, /sdk\/go/],
  [/^deploy\//, /^test\/deploy\//],
];
