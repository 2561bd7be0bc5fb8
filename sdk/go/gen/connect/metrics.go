// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// MetricsAPI has the operations of MCP Connect on metrics.
type MetricsAPI struct{ client *rest.Client }

// Get: Metrics in Prometheus format.
//
//	GET /connect/metrics
func (api *MetricsAPI) Get(ctx context.Context, opts ...rest.Option) (string, error) {
	return rest.Text(ctx, api.client, rest.Request{Method: "GET", Path: "/connect/metrics"}, opts)
}
