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
func (api *MetricsAPI) Get(ctx context.Context, params *GetMetricsParams, opts ...rest.Option) (string, error) {
	return rest.Text(ctx, api.client, rest.Request{Method: "GET", Path: "/connect/metrics", Query: params}, opts)
}

// GetMetricsParams is the parameters of MetricsAPI.Get.
type GetMetricsParams struct {
	// Only the series of the agents of this site.
	Site *string `query:"site"`

	// Leave out the series of all agents.
	HubOnly *bool `query:"hub_only"`
}
