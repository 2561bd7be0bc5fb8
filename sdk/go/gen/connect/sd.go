// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// SdAPI has the operations of MCP Connect on sd.
type SdAPI struct{ client *rest.Client }

// DiscoverTargets: Targets for Prometheus. The API’s document does not have it.
//
//	GET /connect/sd/prometheus
func (api *SdAPI) DiscoverTargets(ctx context.Context, params *DiscoverTargetsParams, opts ...rest.Option) ([]TargetGroup, error) {
	return rest.JSON[[]TargetGroup](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/sd/prometheus", Query: params}, opts)
}

// DiscoverTargetsParams is the parameters of SdAPI.DiscoverTargets.
type DiscoverTargetsParams struct {
	// Instead: the MCP servers with `metadata.metricsPath`, at their own addresses. Scrape them without the hub's key.
	Servers *bool `query:"servers"`
}
