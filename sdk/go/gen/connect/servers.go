// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// ServersAPI has the operations of MCP Connect on servers.
type ServersAPI struct{ client *rest.Client }

// List: List all configured MCP servers.
//
//	GET /connect/api/servers
func (api *ServersAPI) List(ctx context.Context, params *ListServersParams, opts ...rest.Option) ([]Server, error) {
	return rest.JSON[[]Server](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/servers", Query: params, Unwrap: "data"}, opts)
}

// Create: Create a new MCP server configuration.
//
//	POST /connect/api/servers
func (api *ServersAPI) Create(ctx context.Context, body NewServer, opts ...rest.Option) (*Server, error) {
	return rest.JSON[*Server](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/servers", Body: body, Unwrap: "data"}, opts)
}

// Get: Get a specific server. id: Id or name.
//
//	GET /connect/api/servers/{id}
func (api *ServersAPI) Get(ctx context.Context, id string, opts ...rest.Option) (*ServerWithTools, error) {
	return rest.JSON[*ServerWithTools](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/servers/{id}", Args: []string{id}, Unwrap: "data"}, opts)
}

// Update: Update a server configuration. id: Id or name.
//
//	PUT /connect/api/servers/{id}
func (api *ServersAPI) Update(ctx context.Context, id string, body ServerChanges, opts ...rest.Option) (*Server, error) {
	return rest.JSON[*Server](ctx, api.client, rest.Request{Method: "PUT", Path: "/connect/api/servers/{id}", Args: []string{id}, Body: body, Unwrap: "data"}, opts)
}

// Delete: Delete a server configuration. id: Id or name.
//
//	DELETE /connect/api/servers/{id}
func (api *ServersAPI) Delete(ctx context.Context, id string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/connect/api/servers/{id}", Args: []string{id}}, opts)
}

// ConnectServer: Connect to a specific MCP server. id: Id or name.
//
//	POST /connect/api/servers/{id}/connect
func (api *ServersAPI) ConnectServer(ctx context.Context, id string, opts ...rest.Option) (*ConnectServerResponse, error) {
	return rest.JSON[*ConnectServerResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/servers/{id}/connect", Args: []string{id}, Unwrap: "data"}, opts)
}

// DisconnectServer: Disconnect from a specific MCP server. id: Id or name.
//
//	POST /connect/api/servers/{id}/disconnect
func (api *ServersAPI) DisconnectServer(ctx context.Context, id string, opts ...rest.Option) (*DisconnectServerResponse, error) {
	return rest.JSON[*DisconnectServerResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/servers/{id}/disconnect", Args: []string{id}, Unwrap: "data"}, opts)
}

// ConnectServers: Connect to multiple servers simultaneously.
//
//	POST /connect/api/servers/bulk/connect
func (api *ServersAPI) ConnectServers(ctx context.Context, body ServerIDs, opts ...rest.Option) (*ConnectServersResponse, error) {
	return rest.JSON[*ConnectServersResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/servers/bulk/connect", Body: body, Unwrap: "data"}, opts)
}

// DisconnectServers: Disconnect from multiple servers simultaneously.
//
//	POST /connect/api/servers/bulk/disconnect
func (api *ServersAPI) DisconnectServers(ctx context.Context, body ServerIDs, opts ...rest.Option) (*DisconnectServersResponse, error) {
	return rest.JSON[*DisconnectServersResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/servers/bulk/disconnect", Body: body, Unwrap: "data"}, opts)
}

// ReadLog: Read a server's log; with follow=true as a chunked stream of JSON lines. id: Id or name. The API’s document
// does not have it.
//
//	GET /connect/api/servers/{id}/logs
func (api *ServersAPI) ReadLog(ctx context.Context, id string, params *ReadServerLogParams, opts ...rest.Option) (*ReadServerLogResponse, error) {
	return rest.JSON[*ReadServerLogResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/servers/{id}/logs", Args: []string{id}, Query: params, Unwrap: "data"}, opts)
}

// ReadLogStream: Read a server's log; with follow=true as a chunked stream of JSON lines. The lines come as they are
// written, until the stream is closed; with Follow false, those that are there. id: Id or name. The API’s document does
// not have it.
//
//	GET /connect/api/servers/{id}/logs
func (api *ServersAPI) ReadLogStream(ctx context.Context, id string, params *ReadServerLogParams, opts ...rest.Option) (*rest.Lines[LogEntry], error) {
	return rest.OpenLines[LogEntry](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/servers/{id}/logs", Args: []string{id}, Query: params, Unwrap: "data", Default: []string{"follow", "true"}}, opts)
}

// ListResources: List the resources of a server. id: Id or name. The API’s document does not have it.
//
//	GET /connect/api/servers/{id}/resources
func (api *ServersAPI) ListResources(ctx context.Context, id string, opts ...rest.Option) (*ListResourcesResponse, error) {
	return rest.JSON[*ListResourcesResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/servers/{id}/resources", Args: []string{id}, Unwrap: "data"}, opts)
}

// ReadResource: Read a resource of a server. id: Id or name. The API’s document does not have it.
//
//	POST /connect/api/servers/{id}/resources/read
func (api *ServersAPI) ReadResource(ctx context.Context, id string, body ReadResourceBody, opts ...rest.Option) (*ReadResourceResponse, error) {
	return rest.JSON[*ReadResourceResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/servers/{id}/resources/read", Args: []string{id}, Body: body, Unwrap: "data"}, opts)
}

// ListPrompts: List the prompts of a server. id: Id or name. The API’s document does not have it.
//
//	GET /connect/api/servers/{id}/prompts
func (api *ServersAPI) ListPrompts(ctx context.Context, id string, opts ...rest.Option) ([]Prompt, error) {
	return rest.JSON[[]Prompt](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/servers/{id}/prompts", Args: []string{id}, Unwrap: "data"}, opts)
}

// GetPrompt: Fill in a prompt of a server. id: Id or name. The API’s document does not have it.
//
//	POST /connect/api/servers/{id}/prompts/get
func (api *ServersAPI) GetPrompt(ctx context.Context, id string, body GetPromptBody, opts ...rest.Option) (*GetPromptResponse, error) {
	return rest.JSON[*GetPromptResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/servers/{id}/prompts/get", Args: []string{id}, Body: body, Unwrap: "data"}, opts)
}

// ListServersParams is the parameters of ServersAPI.List.
type ListServersParams struct {
	// Only servers with this status.
	Status *ServerStatus `query:"status"`

	// Only servers of this group, by id or name.
	GroupID *string `query:"groupId"`

	// Comma-separated; servers with any of these.
	Tags *string `query:"tags"`

	// Only servers that are enabled, or that are not.
	Enabled *bool `query:"enabled"`
}

// CreateServerBody is the body of ServersAPI.Create.
type CreateServerBody = NewServer

// CreateServerResponse is the response of ServersAPI.Create.
type CreateServerResponse = Server

// GetServerResponse is the response of ServersAPI.Get.
type GetServerResponse = ServerWithTools

// UpdateServerBody is the body of ServersAPI.Update.
type UpdateServerBody = ServerChanges

// UpdateServerResponse is the response of ServersAPI.Update.
type UpdateServerResponse = Server

// ConnectServerResponse is the response of ServersAPI.ConnectServer.
type ConnectServerResponse struct {
	// Always "connected".
	Status string `json:"status"`

	ToolCount int64 `json:"toolCount"`

	// Milliseconds.
	ConnectTime int64 `json:"connectTime"`
}

// DisconnectServerResponse is the response of ServersAPI.DisconnectServer.
type DisconnectServerResponse struct {
	// Always "disconnected".
	Status string `json:"status"`
}

// ConnectServersBody is the body of ServersAPI.ConnectServers.
type ConnectServersBody = ServerIDs

// ConnectServersResponse is the response of ServersAPI.ConnectServers.
type ConnectServersResponse struct {
	Results []ConnectOutcome              `json:"results"`
	Summary ConnectServersResponseSummary `json:"summary"`
}

// ConnectServersResponseSummary is the value of ConnectServersResponse.Summary.
type ConnectServersResponseSummary struct {
	Total        int64  `json:"total"`
	Failed       int64  `json:"failed"`
	Connected    *int64 `json:"connected,omitempty"`
	Disconnected *int64 `json:"disconnected,omitempty"`
}

// DisconnectServersBody is the body of ServersAPI.DisconnectServers.
type DisconnectServersBody = ServerIDs

// DisconnectServersResponse is the response of ServersAPI.DisconnectServers.
type DisconnectServersResponse struct {
	Results []DisconnectOutcome              `json:"results"`
	Summary DisconnectServersResponseSummary `json:"summary"`
}

// DisconnectServersResponseSummary is the value of DisconnectServersResponse.Summary.
type DisconnectServersResponseSummary struct {
	Total        int64  `json:"total"`
	Failed       int64  `json:"failed"`
	Connected    *int64 `json:"connected,omitempty"`
	Disconnected *int64 `json:"disconnected,omitempty"`
}

// ReadServerLogParams is the parameters of ServersAPI.ReadLog.
type ReadServerLogParams struct {
	// How many of the last lines; 0 for all. Default: 100.
	Lines *int64 `query:"lines"`

	// Only lines from this time on (RFC 3339).
	Since *time.Time `query:"since"`

	// Answer with the log as it grows. Default: false.
	Follow *bool `query:"follow"`
}

// ReadServerLogResponse is the response of ServersAPI.ReadLog.
type ReadServerLogResponse struct {
	Logs []LogEntry `json:"logs"`
}

// ListResourcesResponse is the response of ServersAPI.ListResources.
type ListResourcesResponse struct {
	Resources []Resource         `json:"resources"`
	Templates []ResourceTemplate `json:"templates"`
}

// ReadResourceBody is the body of ServersAPI.ReadResource.
type ReadResourceBody struct {
	URI string `json:"uri"`
}

// ReadResourceResponse is the response of ServersAPI.ReadResource.
type ReadResourceResponse struct {
	Contents []map[string]any `json:"contents"`
}

// GetPromptBody is the body of ServersAPI.GetPrompt.
type GetPromptBody struct {
	Name      string            `json:"name"`
	Arguments map[string]string `json:"arguments,omitempty"`
}

// GetPromptResponse is the response of ServersAPI.GetPrompt.
type GetPromptResponse struct {
	Description *string          `json:"description,omitempty"`
	Messages    []map[string]any `json:"messages"`
}
