// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// TemplatesAPI has the operations of MCP Connect on templates.
type TemplatesAPI struct{ client *rest.Client }

// List: List all available server templates.
//
//	GET /connect/api/templates
func (api *TemplatesAPI) List(ctx context.Context, params *ListTemplatesParams, opts ...rest.Option) ([]Template, error) {
	return rest.JSON[[]Template](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/templates", Query: params, Unwrap: "data"}, opts)
}

// Instantiate: Create a server from a template, with the permissions of POST /api/servers. id: Id of the template,
// `builtin-…`.
//
//	POST /connect/api/templates/{id}/instantiate
func (api *TemplatesAPI) Instantiate(ctx context.Context, id string, body InstantiateTemplateBody, opts ...rest.Option) (*Server, error) {
	return rest.JSON[*Server](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/templates/{id}/instantiate", Args: []string{id}, Body: body, Unwrap: "data"}, opts)
}

// ListTemplatesParams is the parameters of TemplatesAPI.List.
type ListTemplatesParams struct {
	// Only templates of this category.
	Category *string `query:"category"`

	// In name or description.
	Search *string `query:"search"`
}

// InstantiateTemplateBody is the body of TemplatesAPI.Instantiate.
type InstantiateTemplateBody struct {
	Name    string                `json:"name"`
	Env     map[string]string     `json:"env,omitempty"`
	GroupID rest.Nullable[string] `json:"groupId,omitempty"`
	Site    *string               `json:"site,omitempty"`
}

// InstantiateTemplateResponse is the response of TemplatesAPI.Instantiate.
type InstantiateTemplateResponse = Server
