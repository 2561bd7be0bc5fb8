// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// RegistryAPI has the operations of MCP Connect on registry.
type RegistryAPI struct{ client *rest.Client }

// Search: Find servers in the MCP registry. The API’s document does not have it.
//
//	GET /connect/api/registry/servers
func (api *RegistryAPI) Search(ctx context.Context, params SearchRegistryParams, opts ...rest.Option) ([]RegistryServer, error) {
	return rest.JSON[[]RegistryServer](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/registry/servers", Query: params, Unwrap: "data"}, opts)
}

// AddServer: Create a server from the MCP registry, with the permissions of POST /api/servers. The API’s document does
// not have it.
//
//	POST /connect/api/registry/servers
func (api *RegistryAPI) AddServer(ctx context.Context, body AddRegistryServerBody, opts ...rest.Option) (*Server, error) {
	return rest.JSON[*Server](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/registry/servers", Body: body, Unwrap: "data"}, opts)
}

// SearchRegistryParams is the parameters of RegistryAPI.Search.
type SearchRegistryParams struct {
	// A part of the name.
	Search string `query:"search"`

	// Servers at most. Default: 30.
	Limit *int64 `query:"limit"`
}

// AddRegistryServerBody is the body of RegistryAPI.AddServer.
type AddRegistryServerBody struct {
	// As the registry names it.
	Name string `json:"name"`

	Version string `json:"version"`

	// The position in `ways`.
	Way int64 `json:"way"`

	// By the names of the values of the way.
	Values map[string]any `json:"values,omitempty"`

	Server string  `json:"server"`
	Site   *string `json:"site,omitempty"`
}

// AddRegistryServerResponse is the response of RegistryAPI.AddServer.
type AddRegistryServerResponse = Server
