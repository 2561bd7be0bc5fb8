// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// ServersAPI has the operations of MCP Automation System on servers.
type ServersAPI struct{ client *rest.Client }

// List: List all MCP servers with their current status.
//
//	GET /automation/api/v1/servers
func (api *ServersAPI) List(ctx context.Context, params *ListServersParams, opts ...rest.Option) (*ListServersResponse, error) {
	return rest.JSON[*ListServersResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/servers", Query: params, Unwrap: "data"}, opts)
}

// Get: Detailed information about an MCP server. serverName: Name or id.
//
//	GET /automation/api/v1/servers/{server_name}
func (api *ServersAPI) Get(ctx context.Context, serverName string, opts ...rest.Option) (*ServerDetails, error) {
	return rest.JSON[*ServerDetails](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/servers/{server_name}", Args: []string{serverName}, Unwrap: "data"}, opts)
}

// Start: Start a stopped MCP server. serverName: Name or id.
//
//	POST /automation/api/v1/servers/{server_name}/start
func (api *ServersAPI) Start(ctx context.Context, serverName string, opts ...rest.Option) (*StartServerResponse, error) {
	return rest.JSON[*StartServerResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/servers/{server_name}/start", Args: []string{serverName}, Unwrap: "data"}, opts)
}

// Stop: Stop a running MCP server. serverName: Name or id.
//
//	POST /automation/api/v1/servers/{server_name}/stop
func (api *ServersAPI) Stop(ctx context.Context, serverName string, body *StopServerBody, opts ...rest.Option) (*StopServerResponse, error) {
	return rest.JSON[*StopServerResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/servers/{server_name}/stop", Args: []string{serverName}, Body: body, Unwrap: "data"}, opts)
}

// Restart: Restart an MCP server. serverName: Name or id.
//
//	POST /automation/api/v1/servers/{server_name}/restart
func (api *ServersAPI) Restart(ctx context.Context, serverName string, body *RestartServerBody, opts ...rest.Option) (*RestartServerResponse, error) {
	return rest.JSON[*RestartServerResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/servers/{server_name}/restart", Args: []string{serverName}, Body: body, Unwrap: "data"}, opts)
}

// GetDeclaration: The declarations for the tests of a server. serverName: Name or id. The API’s document does not have
// it.
//
//	GET /automation/api/v1/servers/{server_name}/tests
func (api *ServersAPI) GetDeclaration(ctx context.Context, serverName string, opts ...rest.Option) (*TestDeclaration, error) {
	return rest.JSON[*TestDeclaration](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/servers/{server_name}/tests", Args: []string{serverName}, Unwrap: "data"}, opts)
}

// PutDeclaration: Declare which tools tests may call, and cases. serverName: Name or id. The API’s document does not
// have it.
//
//	PUT /automation/api/v1/servers/{server_name}/tests
func (api *ServersAPI) PutDeclaration(ctx context.Context, serverName string, body PutDeclarationBody, opts ...rest.Option) (*TestDeclaration, error) {
	return rest.JSON[*TestDeclaration](ctx, api.client, rest.Request{Method: "PUT", Path: "/automation/api/v1/servers/{server_name}/tests", Args: []string{serverName}, Body: body, Unwrap: "data"}, opts)
}

// ApproveTools: Approve the definitions that the tools of a server have now. serverName: Name or id. The API’s document
// does not have it.
//
//	POST /automation/api/v1/servers/{server_name}/tests/approve
func (api *ServersAPI) ApproveTools(ctx context.Context, serverName string, body *ApproveToolsBody, opts ...rest.Option) (*TestDeclaration, error) {
	return rest.JSON[*TestDeclaration](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/servers/{server_name}/tests/approve", Args: []string{serverName}, Body: body, Unwrap: "data"}, opts)
}

// ListServersSort is the value of ListServersParams.Sort.
type ListServersSort string

// Values of ListServersSort.
const (
	ListServersSortName    ListServersSort = "name"
	ListServersSortStatus  ListServersSort = "status"
	ListServersSortVersion ListServersSort = "version"
)

// ListServersOrder is the value of ListServersParams.Order.
type ListServersOrder string

// Values of ListServersOrder.
const (
	ListServersOrderAsc  ListServersOrder = "asc"
	ListServersOrderDesc ListServersOrder = "desc"
)

// ListServersParams is the parameters of ServersAPI.List.
type ListServersParams struct {
	// Only servers with this status.
	Status *ServerStatus `query:"status"`

	// Field to sort by. Default: "name".
	Sort *ListServersSort `query:"sort"`

	// Ascending or descending. Default: "asc".
	Order *ListServersOrder `query:"order"`
}

// ListServersResponse is the response of ServersAPI.List.
type ListServersResponse struct {
	Servers []Server `json:"servers"`

	// All servers that the caller may see, whatever the filter.
	Total int64 `json:"total"`

	Healthy   int64 `json:"healthy"`
	Unhealthy int64 `json:"unhealthy"`
}

// GetServerResponse is the response of ServersAPI.Get.
type GetServerResponse = ServerDetails

// GetServer is an item of ServersAPI.Get.
type GetServer struct {
	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Status     GetServerStatus `json:"status"`
	DurationMs int64           `json:"duration_ms"`
}

// GetServerStatus is the value of GetServer.Status.
type GetServerStatus string

// Values of GetServerStatus.
const (
	GetServerStatusPassed GetServerStatus = "passed"
	GetServerStatusFailed GetServerStatus = "failed"
)

// StartServerResponse is the response of ServersAPI.Start.
type StartServerResponse struct {
	Server string `json:"server"`

	// Always "starting".
	Status string `json:"status"`

	Message string `json:"message"`

	// Extension: the job that does it.
	JobID string `json:"job_id"`
}

// StopServerBody is the body of ServersAPI.Stop.
type StopServerBody struct {
	// Default: false.
	Force *bool `json:"force,omitempty"`

	// Seconds. Default: 30.
	Timeout *int64 `json:"timeout,omitempty"`
}

// StopServerResponse is the response of ServersAPI.Stop.
type StopServerResponse struct {
	Server string `json:"server"`

	// Always "stopping".
	Status string `json:"status"`

	Message string `json:"message"`

	// Extension: the job that does it.
	JobID string `json:"job_id"`
}

// RestartServerBody is the body of ServersAPI.Restart.
type RestartServerBody struct {
	// Default: true.
	Graceful *bool `json:"graceful,omitempty"`

	// Seconds. Default: 30.
	Timeout *int64 `json:"timeout,omitempty"`
}

// RestartServerResponse is the response of ServersAPI.Restart.
type RestartServerResponse struct {
	Server string `json:"server"`

	// Always "restarting".
	Status string `json:"status"`

	Message string `json:"message"`

	// Extension: the job that does it.
	JobID string `json:"job_id"`
}

// GetDeclarationResponse is the response of ServersAPI.GetDeclaration.
type GetDeclarationResponse = TestDeclaration

// PutDeclarationBody is the body of ServersAPI.PutDeclaration.
type PutDeclarationBody struct {
	// Default: [].
	SafeTools []string `json:"safe_tools,omitempty"`

	// Default: [].
	Cases []TestCaseInput `json:"cases,omitempty"`
}

// PutDeclarationResponse is the response of ServersAPI.PutDeclaration.
type PutDeclarationResponse = TestDeclaration

// ApproveToolsBody is the body of ServersAPI.ApproveTools.
type ApproveToolsBody struct {
	Tools []string `json:"tools,omitempty"`
}

// ApproveToolsResponse is the response of ServersAPI.ApproveTools.
type ApproveToolsResponse = TestDeclaration
