// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package portal

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// CatalogAPI has the operations of MCP Portal on catalog.
type CatalogAPI struct{ client *rest.Client }

// AddCustomServer: Add a custom server to the catalog.
//
//	POST /portal/api/v1/catalog/custom
func (api *CatalogAPI) AddCustomServer(ctx context.Context, body AddCustomServerBody, opts ...rest.Option) (*AddCustomServerResponse, error) {
	return rest.JSON[*AddCustomServerResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/portal/api/v1/catalog/custom", Body: body}, opts)
}

// UpdateCustomServer: Update the definition of a custom server. id: Id or name.
//
//	PUT /portal/api/v1/catalog/custom/{id}
func (api *CatalogAPI) UpdateCustomServer(ctx context.Context, id string, body UpdateCustomServerBody, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "PUT", Path: "/portal/api/v1/catalog/custom/{id}", Args: []string{id}, Body: body}, opts)
}

// RemoveCustomServer: Remove a custom server from the catalog. id: Id or name.
//
//	DELETE /portal/api/v1/catalog/custom/{id}
func (api *CatalogAPI) RemoveCustomServer(ctx context.Context, id string, opts ...rest.Option) error {
	return rest.Nothing(ctx, api.client, rest.Request{Method: "DELETE", Path: "/portal/api/v1/catalog/custom/{id}", Args: []string{id}}, opts)
}

// AddCustomServerBody is the body of CatalogAPI.AddCustomServer.
type AddCustomServerBody struct {
	Name string `json:"name"`

	// An image's name: `[host/]path[:tag][@digest]`.
	Image string `json:"image"`

	DisplayName *string  `json:"display_name,omitempty"`
	Description *string  `json:"description,omitempty"`
	Category    *string  `json:"category,omitempty"`
	Tags        []string `json:"tags,omitempty"`

	// Extension: all users see the entry; only team admins may set this. Default: whether a team admin adds the entry.
	Shared *bool `json:"shared,omitempty"`
}

// AddCustomServerResponse is the response of CatalogAPI.AddCustomServer.
type AddCustomServerResponse struct {
	ID   string `json:"id"`
	Name string `json:"name"`

	// Always "custom".
	CatalogType string `json:"catalog_type"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`
}

// UpdateCustomServerBody is the body of CatalogAPI.UpdateCustomServer.
type UpdateCustomServerBody struct {
	Name *string `json:"name,omitempty"`

	// An image's name: `[host/]path[:tag][@digest]`.
	Image *string `json:"image,omitempty"`

	DisplayName *string  `json:"display_name,omitempty"`
	Description *string  `json:"description,omitempty"`
	Category    *string  `json:"category,omitempty"`
	Tags        []string `json:"tags,omitempty"`

	// Extension: all users see the entry; only team admins may set this. Default: whether a team admin adds the entry.
	Shared *bool `json:"shared,omitempty"`
}
