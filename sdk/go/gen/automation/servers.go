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
func (api *ServersAPI) Get(ctx context.Context, serverName string, opts ...rest.Option) (*GetServerResponse, error) {
	return rest.JSON[*GetServerResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/servers/{server_name}", Args: []string{serverName}, Unwrap: "data"}, opts)
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

// GetDeclaration: What is declared for the tests of a server. serverName: Name or id. The API’s document does not have
// it.
//
//	GET /automation/api/v1/servers/{server_name}/tests
func (api *ServersAPI) GetDeclaration(ctx context.Context, serverName string, opts ...rest.Option) (*GetDeclarationResponse, error) {
	return rest.JSON[*GetDeclarationResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/servers/{server_name}/tests", Args: []string{serverName}, Unwrap: "data"}, opts)
}

// PutDeclaration: Declare which tools tests may call, and cases. serverName: Name or id. The API’s document does not
// have it.
//
//	PUT /automation/api/v1/servers/{server_name}/tests
func (api *ServersAPI) PutDeclaration(ctx context.Context, serverName string, body PutDeclarationBody, opts ...rest.Option) (*GetDeclarationResponse, error) {
	return rest.JSON[*GetDeclarationResponse](ctx, api.client, rest.Request{Method: "PUT", Path: "/automation/api/v1/servers/{server_name}/tests", Args: []string{serverName}, Body: body, Unwrap: "data"}, opts)
}

// ApproveTools: Approve the definitions that the tools of a server have now. serverName: Name or id. The API’s document
// does not have it.
//
//	POST /automation/api/v1/servers/{server_name}/tests/approve
func (api *ServersAPI) ApproveTools(ctx context.Context, serverName string, body *ApproveToolsBody, opts ...rest.Option) (*GetDeclarationResponse, error) {
	return rest.JSON[*GetDeclarationResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/servers/{server_name}/tests/approve", Args: []string{serverName}, Body: body, Unwrap: "data"}, opts)
}

// ListServersStatus is the value of ListServersParams.Status.
type ListServersStatus string

// Values of ListServersStatus.
const (
	ListServersStatusHealthy   ListServersStatus = "healthy"
	ListServersStatusUnhealthy ListServersStatus = "unhealthy"
	ListServersStatusUpdating  ListServersStatus = "updating"
)

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

// ListServersParams is what ServersAPI.List may be asked.
type ListServersParams struct {
	Status *ListServersStatus `query:"status"`

	// Default: "name".
	Sort *ListServersSort `query:"sort"`

	// Default: "asc".
	Order *ListServersOrder `query:"order"`
}

// Server is one of what ServersAPI.List lists.
type Server struct {
	Name        string            `json:"name"`
	Status      ListServersStatus `json:"status"`
	Version     *string           `json:"version"`
	Description string            `json:"description"`
	State       ServerState       `json:"state"`
	Reason      *string           `json:"reason"`
	ID          string            `json:"id"`
	Site        string            `json:"site"`
	LastCheck   *time.Time        `json:"last_check"`
	Metrics     ServerMetrics     `json:"metrics"`
}

// ServerState is the value of Server.State.
type ServerState string

// Values of ServerState.
const (
	ServerStateRunning     ServerState = "running"
	ServerStateDegraded    ServerState = "degraded"
	ServerStateStarting    ServerState = "starting"
	ServerStateStopping    ServerState = "stopping"
	ServerStateStopped     ServerState = "stopped"
	ServerStateError       ServerState = "error"
	ServerStateUnreachable ServerState = "unreachable"
	ServerStateUpdating    ServerState = "updating"
)

// ServerMetrics is the value of Server.Metrics.
type ServerMetrics struct {
	// Seconds since the hub saw it connect; 0 while it is not connected.
	Uptime int64 `json:"uptime"`

	// Tool calls since the hub started.
	RequestCount int64 `json:"request_count"`

	// Share of them that failed, 0 to 1.
	ErrorRate float64 `json:"error_rate"`
}

// ListServersResponse is the response of ServersAPI.List.
type ListServersResponse struct {
	Servers []Server `json:"servers"`

	// All servers that the caller may see, whatever the filter.
	Total int64 `json:"total"`

	Healthy   int64 `json:"healthy"`
	Unhealthy int64 `json:"unhealthy"`
}

// GetServerHealthCheck is one of what ServersAPI.Get lists.
type GetServerHealthCheck struct {
	Timestamp  time.Time                  `json:"timestamp"`
	Status     GetServerHealthCheckStatus `json:"status"`
	DurationMs int64                      `json:"duration_ms"`
}

// GetServerHealthCheckStatus is the value of GetServerHealthCheck.Status.
type GetServerHealthCheckStatus string

// Values of GetServerHealthCheckStatus.
const (
	GetServerHealthCheckStatusPassed GetServerHealthCheckStatus = "passed"
	GetServerHealthCheckStatusFailed GetServerHealthCheckStatus = "failed"
)

// GetServerResponse is the response of ServersAPI.Get.
type GetServerResponse struct {
	Name          string                         `json:"name"`
	Status        ListServersStatus              `json:"status"`
	Version       *string                        `json:"version"`
	Description   string                         `json:"description"`
	State         ServerState                    `json:"state"`
	Reason        *string                        `json:"reason"`
	ID            string                         `json:"id"`
	Site          string                         `json:"site"`
	Configuration GetServerResponseConfiguration `json:"configuration"`
	Metrics       GetServerResponseMetrics       `json:"metrics"`

	// The last ones, newest first.
	HealthChecks []GetServerHealthCheck `json:"health_checks"`
}

// GetServerResponseConfiguration is the value of GetServerResponse.Configuration.
type GetServerResponseConfiguration struct {
	// What its code comes from: a package, a command, a URL.
	Repository string `json:"repository"`

	// A workflow that updates it is scheduled, and it has versions.
	AutoUpdate bool `json:"auto_update"`

	// Seconds; 0 where health checks are off.
	HealthCheckInterval float64 `json:"health_check_interval"`
}

// GetServerResponseMetrics is the value of GetServerResponse.Metrics.
type GetServerResponseMetrics struct {
	// Seconds since the hub saw it connect; 0 while it is not connected.
	Uptime int64 `json:"uptime"`

	// Tool calls since the hub started.
	RequestCount int64 `json:"request_count"`

	// Share of them that failed, 0 to 1.
	ErrorRate float64 `json:"error_rate"`

	// Milliseconds.
	ResponseTimeAvg float64 `json:"response_time_avg"`

	LastError *GetServerResponseMetricsLastError `json:"last_error"`
}

// GetServerResponseMetricsLastError is the value of GetServerResponseMetrics.LastError.
type GetServerResponseMetricsLastError struct {
	Message   string    `json:"message"`
	Timestamp time.Time `json:"timestamp"`
}

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

// GetDeclarationCase is one of what ServersAPI.GetDeclaration lists.
type GetDeclarationCase struct {
	Name string `json:"name"`
	Tool string `json:"tool"`

	// Default: {}.
	Arguments map[string]any `json:"arguments"`

	// The call must fail. Default: false.
	ExpectError bool `json:"expect_error"`

	// Text that the answer must contain. Default: "".
	Contains string `json:"contains"`

	// RE2 syntax; the answer must match it. Default: "".
	Matches string `json:"matches"`

	// JSON Schema that the structured answer must satisfy.
	StructuredSchema map[string]any `json:"structured_schema,omitempty"`

	// Seconds; default 10.
	Timeout *float64 `json:"timeout,omitempty"`
}

// GetDeclarationResponse is the response of ServersAPI.GetDeclaration.
type GetDeclarationResponse struct {
	Server    string                          `json:"server"`
	ServerID  string                          `json:"server_id"`
	SafeTools []string                        `json:"safe_tools"`
	Cases     []GetDeclarationCase            `json:"cases"`
	Approved  *GetDeclarationResponseApproved `json:"approved"`
}

// GetDeclarationResponseApproved is the value of GetDeclarationResponse.Approved.
type GetDeclarationResponseApproved struct {
	Tools      []string  `json:"tools"`
	ApprovedAt time.Time `json:"approved_at"`
	ApprovedBy *string   `json:"approved_by"`

	// Tools whose definition is another than the approved one, as last seen; null where that is not known.
	Changed []string `json:"changed"`
}

// PutDeclarationBody is the body of ServersAPI.PutDeclaration.
type PutDeclarationBody struct {
	// Default: [].
	SafeTools []string `json:"safe_tools,omitempty"`

	// Default: [].
	Cases []PutDeclarationBodyCase `json:"cases,omitempty"`
}

// PutDeclarationBodyCase is the value of PutDeclarationBody.Cases.
type PutDeclarationBodyCase struct {
	Name string `json:"name"`
	Tool string `json:"tool"`

	// Default: {}.
	Arguments map[string]any `json:"arguments,omitempty"`

	// The call must fail. Default: false.
	ExpectError *bool `json:"expect_error,omitempty"`

	// Text that the answer must contain. Default: "".
	Contains *string `json:"contains,omitempty"`

	// RE2 syntax; the answer must match it. Default: "".
	Matches *string `json:"matches,omitempty"`

	// JSON Schema that the structured answer must satisfy.
	StructuredSchema rest.Nullable[map[string]any] `json:"structured_schema,omitempty"`

	// Seconds; default 10.
	Timeout rest.Nullable[float64] `json:"timeout,omitempty"`
}

// PutDeclarationResponse is the response of ServersAPI.PutDeclaration.
type PutDeclarationResponse = GetDeclarationResponse

// ApproveToolsBody is the body of ServersAPI.ApproveTools.
type ApproveToolsBody struct {
	Tools []string `json:"tools,omitempty"`
}

// ApproveToolsResponse is the response of ServersAPI.ApproveTools.
type ApproveToolsResponse = GetDeclarationResponse
