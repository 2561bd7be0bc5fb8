// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"context"
	"encoding/json"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// MCPDefinitionsAPI has the operations of MCP Backend on mcp-definitions.
type MCPDefinitionsAPI struct{ client *rest.Client }

// List: List MCP definitions, oldest first.
//
//	GET /backend/api/v1/mcp-definitions
func (api *MCPDefinitionsAPI) List(ctx context.Context, params *ListMCPDefinitionsParams, opts ...rest.Option) (*ListMCPDefinitionsResponse, error) {
	return rest.JSON[*ListMCPDefinitionsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/mcp-definitions", Query: params}, opts)
}

// ListAll: List MCP definitions, oldest first. It reads page after page.
//
//	GET /backend/api/v1/mcp-definitions
func (api *MCPDefinitionsAPI) ListAll(ctx context.Context, params *ListMCPDefinitionsParams, opts ...rest.Option) *rest.Pages[MCPDefinition] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Skip, 0), func(at int64) ([]MCPDefinition, int64, bool, error) {
		asked := asked
		asked.Skip = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Items, at + int64(len(result.Items)), int64(len(result.Items)) > 0 && at+int64(len(result.Items)) < result.Total, nil
	})
}

// Create: Create an MCP definition.
//
//	POST /backend/api/v1/mcp-definitions
func (api *MCPDefinitionsAPI) Create(ctx context.Context, body CreateMCPDefinitionBody, opts ...rest.Option) (*MCPDefinition, error) {
	return rest.JSON[*MCPDefinition](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/mcp-definitions", Body: body}, opts)
}

// Get: Get an MCP definition, with its versions, newest first. definitionID: Id or name.
//
//	GET /backend/api/v1/mcp-definitions/{definition_id}
func (api *MCPDefinitionsAPI) Get(ctx context.Context, definitionID string, opts ...rest.Option) (*GetMCPDefinitionResponse, error) {
	return rest.JSON[*GetMCPDefinitionResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/mcp-definitions/{definition_id}", Args: []string{definitionID}}, opts)
}

// Update: Update an MCP definition. definitionID: Id or name.
//
//	PUT /backend/api/v1/mcp-definitions/{definition_id}
func (api *MCPDefinitionsAPI) Update(ctx context.Context, definitionID string, body UpdateMCPDefinitionBody, opts ...rest.Option) (*MCPDefinition, error) {
	return rest.JSON[*MCPDefinition](ctx, api.client, rest.Request{Method: "PUT", Path: "/backend/api/v1/mcp-definitions/{definition_id}", Args: []string{definitionID}, Body: body}, opts)
}

// Delete: Delete an MCP definition with all its versions. definitionID: Id or name.
//
//	DELETE /backend/api/v1/mcp-definitions/{definition_id}
func (api *MCPDefinitionsAPI) Delete(ctx context.Context, definitionID string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/backend/api/v1/mcp-definitions/{definition_id}", Args: []string{definitionID}}, opts)
}

// RegisterServer: Register a server from an MCP definition. definitionID: Id or name. The API’s document does not have
// it.
//
//	POST /backend/api/v1/mcp-definitions/{definition_id}/servers
func (api *MCPDefinitionsAPI) RegisterServer(ctx context.Context, definitionID string, body RegisterServerBody, opts ...rest.Option) (*Server, error) {
	return rest.JSON[*Server](ctx, api.client, rest.Request{Method: "POST", Path: "/backend/api/v1/mcp-definitions/{definition_id}/servers", Args: []string{definitionID}, Body: body}, opts)
}

// UpdateServer: Update a server to a version of the MCP definition that it was registered from. definitionID: Id or
// name. serverID: Id or name. The API’s document does not have it.
//
//	PUT /backend/api/v1/mcp-definitions/{definition_id}/servers/{server_id}
func (api *MCPDefinitionsAPI) UpdateServer(ctx context.Context, definitionID, serverID string, body *UpdateServerBody, opts ...rest.Option) (*Server, error) {
	return rest.JSON[*Server](ctx, api.client, rest.Request{Method: "PUT", Path: "/backend/api/v1/mcp-definitions/{definition_id}/servers/{server_id}", Args: []string{definitionID, serverID}, Body: body}, opts)
}

// ListMCPDefinitionsParams is the parameters of MCPDefinitionsAPI.List.
type ListMCPDefinitionsParams struct {
	// Records to skip. Default: 0.
	Skip *int64 `query:"skip"`

	// Records to return at most. Default: 10.
	Limit *int64 `query:"limit"`

	// Only definitions of this type.
	MCPType *MCPType `query:"mcp_type"`
}

// ListMCPDefinitionsResponse is the response of MCPDefinitionsAPI.List.
type ListMCPDefinitionsResponse struct {
	Items []MCPDefinition `json:"items"`

	// On all pages.
	Total int64 `json:"total"`

	Skip  int64 `json:"skip"`
	Limit int64 `json:"limit"`
}

// CreateMCPDefinitionBody is the body of MCPDefinitionsAPI.Create.
type CreateMCPDefinitionBody struct {
	Name        string           `json:"name"`
	Description *string          `json:"description,omitempty"`
	MCPType     MCPType          `json:"mcp_type"`
	Config      DefinitionConfig `json:"config"`
}

// CreateMCPDefinitionResponse is the response of MCPDefinitionsAPI.Create.
type CreateMCPDefinitionResponse = MCPDefinition

// GetMCPDefinitionResponse is the response of MCPDefinitionsAPI.Get.
type GetMCPDefinitionResponse struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	MCPType     MCPType `json:"mcp_type"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"created_at"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updated_at"`

	Versions []MCPDefinitionVersion `json:"versions"`
}

// UpdateMCPDefinitionBody is the body of MCPDefinitionsAPI.Update.
type UpdateMCPDefinitionBody struct {
	Name        *string `json:"name,omitempty"`
	Description *string `json:"description,omitempty"`

	// Extension: makes a new version.
	Config *UpdateMCPDefinitionBodyConfig `json:"config,omitempty"`
}

// UpdateMCPDefinitionBodyConfig is the value of UpdateMCPDefinitionBody.Config. One of its members is set.
type UpdateMCPDefinitionBodyConfig struct {
	// Type says which member is set, in answers of the hub. In requests, it need not be set.
	Type string

	Stdio     *StdioConfig
	Npm       *NpmConfig
	Pypi      *PypiConfig
	Docker    *DockerConfig
	HTTP      *HTTPConfig
	SSE       *SSEConfig
	WebSocket *WebSocketConfig
	Workflow  *WorkflowConfig

	// Raw is the answer of the hub, if this version of the module does not know the type.
	Raw json.RawMessage
}

// MarshalJSON writes the member that is set.
func (u UpdateMCPDefinitionBodyConfig) MarshalJSON() ([]byte, error) {
	return rest.EncodeUnion("type", u.Raw, []rest.Variant{
		{Type: "stdio", Value: u.Stdio},
		{Type: "npm", Value: u.Npm},
		{Type: "pypi", Value: u.Pypi},
		{Type: "docker", Value: u.Docker},
		{Type: "http", Value: u.HTTP},
		{Type: "sse", Value: u.SSE},
		{Type: "websocket", Value: u.WebSocket},
		{Type: "workflow", Value: u.Workflow},
	})
}

// UnmarshalJSON sets the member that the JSON is of.
func (u *UpdateMCPDefinitionBodyConfig) UnmarshalJSON(text []byte) error {
	*u = UpdateMCPDefinitionBodyConfig{}
	return rest.DecodeUnion(text, "type", &u.Type, &u.Raw, []rest.Variant{
		{Type: "stdio", Value: &u.Stdio},
		{Type: "npm", Value: &u.Npm},
		{Type: "pypi", Value: &u.Pypi},
		{Type: "docker", Value: &u.Docker},
		{Type: "http", Value: &u.HTTP},
		{Type: "sse", Value: &u.SSE},
		{Type: "websocket", Value: &u.WebSocket},
		{Type: "workflow", Value: &u.Workflow},
	})
}

// UpdateMCPDefinitionResponse is the response of MCPDefinitionsAPI.Update.
type UpdateMCPDefinitionResponse = MCPDefinition

// RegisterServerBody is the body of MCPDefinitionsAPI.RegisterServer.
type RegisterServerBody struct {
	Name    string                `json:"name"`
	Site    *string               `json:"site,omitempty"`
	GroupID rest.Nullable[string] `json:"group_id,omitempty"`

	// `{{database:NAME}}` stands for an external database.
	Env map[string]string `json:"env,omitempty"`

	// Its number or id; default: the latest.
	Version *string `json:"version,omitempty"`
}

// RegisterServerResponse is the response of MCPDefinitionsAPI.RegisterServer.
type RegisterServerResponse = Server

// UpdateServerBody is the body of MCPDefinitionsAPI.UpdateServer.
type UpdateServerBody struct {
	// `{{database:NAME}}` stands for an external database.
	Env map[string]string `json:"env,omitempty"`

	// Its number or id; default: the latest.
	Version *string `json:"version,omitempty"`
}

// UpdateServerResponse is the response of MCPDefinitionsAPI.UpdateServer.
type UpdateServerResponse = Server
