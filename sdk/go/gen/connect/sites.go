// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// SitesAPI has the operations of MCP Connect on sites.
type SitesAPI struct{ client *rest.Client }

// List: List the sites, with their agents and servers counted. The API’s document does not have it.
//
//	GET /connect/api/sites
func (api *SitesAPI) List(ctx context.Context, opts ...rest.Option) ([]Site, error) {
	return rest.JSON[[]Site](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/sites", Unwrap: "data"}, opts)
}
