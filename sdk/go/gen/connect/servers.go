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
func (api *ServersAPI) Create(ctx context.Context, body CreateServerBody, opts ...rest.Option) (*Server, error) {
	return rest.JSON[*Server](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/servers", Body: body, Unwrap: "data"}, opts)
}

// Get: Get a specific server. id: Id or name.
//
//	GET /connect/api/servers/{id}
func (api *ServersAPI) Get(ctx context.Context, id string, opts ...rest.Option) (*GetServerResponse, error) {
	return rest.JSON[*GetServerResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/servers/{id}", Args: []string{id}, Unwrap: "data"}, opts)
}

// Update: Update a server configuration. id: Id or name.
//
//	PUT /connect/api/servers/{id}
func (api *ServersAPI) Update(ctx context.Context, id string, body UpdateServerBody, opts ...rest.Option) (*Server, error) {
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
func (api *ServersAPI) ConnectServers(ctx context.Context, body ConnectServersBody, opts ...rest.Option) (*ConnectServersResponse, error) {
	return rest.JSON[*ConnectServersResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/servers/bulk/connect", Body: body, Unwrap: "data"}, opts)
}

// DisconnectServers: Disconnect from multiple servers simultaneously.
//
//	POST /connect/api/servers/bulk/disconnect
func (api *ServersAPI) DisconnectServers(ctx context.Context, body ConnectServersBody, opts ...rest.Option) (*DisconnectServersResponse, error) {
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
func (api *ServersAPI) ReadLogStream(ctx context.Context, id string, params *ReadServerLogParams, opts ...rest.Option) (*rest.Lines[ServerLog], error) {
	return rest.OpenLines[ServerLog](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/servers/{id}/logs", Args: []string{id}, Query: params, Unwrap: "data", Default: []string{"follow", "true"}}, opts)
}

// ListServersStatus is the value of ListServersParams.Status.
type ListServersStatus string

// Values of ListServersStatus.
const (
	ListServersStatusConnected    ListServersStatus = "connected"
	ListServersStatusDisconnected ListServersStatus = "disconnected"
	ListServersStatusError        ListServersStatus = "error"
)

// ListServersParams is what ServersAPI.List may be asked.
type ListServersParams struct {
	Status  *ListServersStatus `query:"status"`
	GroupID *string            `query:"groupId"`

	// Comma-separated; servers with any of these.
	Tags *string `query:"tags"`

	Enabled *bool `query:"enabled"`
}

// Server is one of what ServersAPI.List lists.
type Server struct {
	ID          string                   `json:"id"`
	Name        string                   `json:"name"`
	Description string                   `json:"description"`
	Status      ListServersStatus        `json:"status"`
	ToolCount   int64                    `json:"toolCount"`
	Transport   ServerTransport          `json:"transport"`
	Auth        ServerAuth               `json:"auth"`
	HealthCheck ServerTransportHeartbeat `json:"healthCheck"`
	RateLimits  ServerRateLimits         `json:"rateLimits"`
	Metadata    ServerMetadata           `json:"metadata"`
	GroupID     *string                  `json:"groupId"`
	Enabled     bool                     `json:"enabled"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"createdAt"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updatedAt"`

	Limits  ServerLimits  `json:"limits"`
	Cache   *ServerCache  `json:"cache"`
	Site    string        `json:"site"`
	AgentID string        `json:"agentId"`
	Runtime ServerRuntime `json:"runtime"`
}

// ServerTransport is the value of Server.Transport.
type ServerTransport struct {
	// Always "stdio".
	Type ServerTransportType `json:"type"`

	Command   *string                   `json:"command,omitempty"`
	Args      []string                  `json:"args,omitempty"`
	Env       map[string]string         `json:"env,omitempty"`
	URL       *string                   `json:"url,omitempty"`
	Headers   map[string]string         `json:"headers,omitempty"`
	Reconnect *ServerTransportReconnect `json:"reconnect,omitempty"`
	Heartbeat *ServerTransportHeartbeat `json:"heartbeat,omitempty"`
}

// ServerTransportType is the value of ServerTransport.Type.
type ServerTransportType string

// Values of ServerTransportType.
const (
	ServerTransportTypeStdio     ServerTransportType = "stdio"
	ServerTransportTypeSSE       ServerTransportType = "sse"
	ServerTransportTypeHTTP      ServerTransportType = "http"
	ServerTransportTypeWebsocket ServerTransportType = "websocket"
)

// ServerTransportReconnect is the value of ServerTransport.Reconnect.
type ServerTransportReconnect struct {
	// Default: true.
	Enabled bool `json:"enabled"`

	// Default: 10.
	MaxAttempts int64 `json:"maxAttempts"`

	// Default: 1000.
	InitialDelayMs int64 `json:"initialDelayMs"`

	// Default: 30000.
	MaxDelayMs int64 `json:"maxDelayMs"`

	// Default: 2.
	BackoffMultiplier float64 `json:"backoffMultiplier"`
}

// ServerTransportHeartbeat is the value of ServerTransport.Heartbeat.
type ServerTransportHeartbeat struct {
	// Default: true.
	Enabled bool `json:"enabled"`

	// Default: 30000.
	IntervalMs int64 `json:"intervalMs"`

	// Default: 10000.
	TimeoutMs int64 `json:"timeoutMs"`
}

// ServerAuth is the value of Server.Auth.
type ServerAuth struct {
	// Always "none".
	Type ServerAuthType `json:"type"`

	Key          *string              `json:"key,omitempty"`
	Header       *string              `json:"header,omitempty"`
	Prefix       *string              `json:"prefix,omitempty"`
	GrantType    *ServerAuthGrantType `json:"grantType,omitempty"`
	ClientID     *string              `json:"clientId,omitempty"`
	ClientSecret *string              `json:"clientSecret,omitempty"`
	PrivateKey   *string              `json:"privateKey,omitempty"`
	TokenURL     *string              `json:"tokenUrl,omitempty"`
	Scopes       []string             `json:"scopes,omitempty"`
}

// ServerAuthType is the value of ServerAuth.Type.
type ServerAuthType string

// Values of ServerAuthType.
const (
	ServerAuthTypeNone   ServerAuthType = "none"
	ServerAuthTypeAPIKey ServerAuthType = "api_key"
	ServerAuthTypeOauth2 ServerAuthType = "oauth2"
)

// ServerAuthGrantType is the value of ServerAuth.GrantType.
type ServerAuthGrantType string

// Values of ServerAuthGrantType.
const (
	ServerAuthGrantTypeClientCredentials ServerAuthGrantType = "client_credentials"
	ServerAuthGrantTypeAuthorizationCode ServerAuthGrantType = "authorization_code"
)

// ServerRateLimits is the value of Server.RateLimits.
type ServerRateLimits struct {
	RequestsPerMinute *int64 `json:"requestsPerMinute,omitempty"`
	RequestsPerDay    *int64 `json:"requestsPerDay,omitempty"`
}

// ServerMetadata is the value of Server.Metadata.
type ServerMetadata struct {
	Category *string  `json:"category,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Version  *string  `json:"version,omitempty"`
}

// ServerLimits is the value of Server.Limits.
type ServerLimits struct {
	MaxConcurrentCalls *int64   `json:"maxConcurrentCalls,omitempty"`
	MaxQueue           *int64   `json:"maxQueue,omitempty"`
	MaxResultBytes     *int64   `json:"maxResultBytes,omitempty"`
	CallsPerSecond     *float64 `json:"callsPerSecond,omitempty"`
}

// ServerCache is the value of Server.Cache.
type ServerCache struct {
	Tools map[string]ServerCacheTool `json:"tools"`
}

// ServerCacheTool is the value of ServerCache.Tools.
type ServerCacheTool struct {
	TTLSeconds int64 `json:"ttlSeconds"`
}

// ServerRuntime is the value of Server.Runtime.
type ServerRuntime struct {
	Error            *string              `json:"error"`
	Connecting       bool                 `json:"connecting"`
	AuthorizationURL *string              `json:"authorizationUrl"`
	Pid              *int64               `json:"pid"`
	Version          *string              `json:"version"`
	Attempt          int64                `json:"attempt"`
	NextAttemptAt    *time.Time           `json:"nextAttemptAt"`
	Health           *ServerRuntimeHealth `json:"health"`
	HealthReason     *string              `json:"healthReason"`
}

// ServerRuntimeHealth is the value of ServerRuntime.Health.
type ServerRuntimeHealth string

// Values of ServerRuntimeHealth.
const (
	ServerRuntimeHealthHealthy  ServerRuntimeHealth = "healthy"
	ServerRuntimeHealthDegraded ServerRuntimeHealth = "degraded"
	ServerRuntimeHealthDown     ServerRuntimeHealth = "down"
)

// CreateServerBody is the body of ServersAPI.Create.
type CreateServerBody struct {
	Name        string                                    `json:"name"`
	Transport   CreateServerBodyTransport                 `json:"transport"`
	Description *string                                   `json:"description,omitempty"`
	Auth        *CreateServerBodyAuth                     `json:"auth,omitempty"`
	HealthCheck *CreateServerBodyTransportHeartbeat       `json:"healthCheck,omitempty"`
	RateLimits  rest.Nullable[CreateServerBodyRateLimits] `json:"rateLimits,omitempty"`
	Limits      rest.Nullable[CreateServerBodyLimits]     `json:"limits,omitempty"`
	Cache       rest.Nullable[CreateServerBodyCache]      `json:"cache,omitempty"`
	Metadata    *CreateServerBodyMetadata                 `json:"metadata,omitempty"`
	GroupID     rest.Nullable[string]                     `json:"groupId,omitempty"`
	Enabled     *bool                                     `json:"enabled,omitempty"`
	Site        *string                                   `json:"site,omitempty"`
}

// CreateServerBodyTransport is the value of CreateServerBody.Transport.
type CreateServerBodyTransport struct {
	// Always "stdio".
	Type ServerTransportType `json:"type"`

	Command   *string                             `json:"command,omitempty"`
	Args      []string                            `json:"args,omitempty"`
	Env       map[string]string                   `json:"env,omitempty"`
	URL       *string                             `json:"url,omitempty"`
	Headers   map[string]string                   `json:"headers,omitempty"`
	Reconnect *CreateServerBodyTransportReconnect `json:"reconnect,omitempty"`
	Heartbeat *CreateServerBodyTransportHeartbeat `json:"heartbeat,omitempty"`
}

// CreateServerBodyTransportReconnect is the value of CreateServerBodyTransport.Reconnect.
type CreateServerBodyTransportReconnect struct {
	// Default: true.
	Enabled *bool `json:"enabled,omitempty"`

	// Default: 10.
	MaxAttempts *int64 `json:"maxAttempts,omitempty"`

	// Default: 1000.
	InitialDelayMs *int64 `json:"initialDelayMs,omitempty"`

	// Default: 30000.
	MaxDelayMs *int64 `json:"maxDelayMs,omitempty"`

	// Default: 2.
	BackoffMultiplier *float64 `json:"backoffMultiplier,omitempty"`
}

// CreateServerBodyTransportHeartbeat is the value of CreateServerBodyTransport.Heartbeat.
type CreateServerBodyTransportHeartbeat struct {
	// Default: true.
	Enabled *bool `json:"enabled,omitempty"`

	// Default: 30000.
	IntervalMs *int64 `json:"intervalMs,omitempty"`

	// Default: 10000.
	TimeoutMs *int64 `json:"timeoutMs,omitempty"`
}

// CreateServerBodyAuth is the value of CreateServerBody.Auth.
type CreateServerBodyAuth struct {
	// Always "none".
	Type ServerAuthType `json:"type"`

	Key          *string              `json:"key,omitempty"`
	Header       *string              `json:"header,omitempty"`
	Prefix       *string              `json:"prefix,omitempty"`
	GrantType    *ServerAuthGrantType `json:"grantType,omitempty"`
	ClientID     *string              `json:"clientId,omitempty"`
	ClientSecret *string              `json:"clientSecret,omitempty"`
	PrivateKey   *string              `json:"privateKey,omitempty"`
	TokenURL     *string              `json:"tokenUrl,omitempty"`
	Scopes       []string             `json:"scopes,omitempty"`
}

// CreateServerBodyRateLimits is the value of CreateServerBody.RateLimits.
type CreateServerBodyRateLimits struct {
	RequestsPerMinute rest.Nullable[int64] `json:"requestsPerMinute,omitempty"`
	RequestsPerDay    rest.Nullable[int64] `json:"requestsPerDay,omitempty"`
}

// CreateServerBodyLimits is the value of CreateServerBody.Limits.
type CreateServerBodyLimits struct {
	MaxConcurrentCalls *int64                 `json:"maxConcurrentCalls,omitempty"`
	MaxQueue           *int64                 `json:"maxQueue,omitempty"`
	MaxResultBytes     *int64                 `json:"maxResultBytes,omitempty"`
	CallsPerSecond     rest.Nullable[float64] `json:"callsPerSecond,omitempty"`
}

// CreateServerBodyCache is the value of CreateServerBody.Cache.
type CreateServerBodyCache struct {
	Tools map[string]CreateServerBodyCacheTool `json:"tools"`
}

// CreateServerBodyCacheTool is the value of CreateServerBodyCache.Tools.
type CreateServerBodyCacheTool struct {
	TTLSeconds int64 `json:"ttlSeconds"`
}

// CreateServerBodyMetadata is the value of CreateServerBody.Metadata.
type CreateServerBodyMetadata struct {
	Category rest.Nullable[string] `json:"category,omitempty"`
	Tags     []string              `json:"tags,omitempty"`
	Version  rest.Nullable[string] `json:"version,omitempty"`
}

// CreateServerResponse is the response of ServersAPI.Create.
type CreateServerResponse = Server

// GetServerResponse is the response of ServersAPI.Get.
type GetServerResponse struct {
	ID          string                   `json:"id"`
	Name        string                   `json:"name"`
	Description string                   `json:"description"`
	Status      ListServersStatus        `json:"status"`
	ToolCount   int64                    `json:"toolCount"`
	Transport   ServerTransport          `json:"transport"`
	Auth        ServerAuth               `json:"auth"`
	HealthCheck ServerTransportHeartbeat `json:"healthCheck"`
	RateLimits  ServerRateLimits         `json:"rateLimits"`
	Metadata    ServerMetadata           `json:"metadata"`
	GroupID     *string                  `json:"groupId"`
	Enabled     bool                     `json:"enabled"`

	// UTC, ISO 8601.
	CreatedAt time.Time `json:"createdAt"`

	// UTC, ISO 8601.
	UpdatedAt time.Time `json:"updatedAt"`

	Limits       ServerLimits                   `json:"limits"`
	Cache        *ServerCache                   `json:"cache"`
	Site         string                         `json:"site"`
	AgentID      string                         `json:"agentId"`
	Runtime      ServerRuntime                  `json:"runtime"`
	Tools        []GetServerResponseTool        `json:"tools"`
	HealthChecks []GetServerResponseHealthCheck `json:"healthChecks"`
}

// GetServerResponseTool is the value of GetServerResponse.Tools.
type GetServerResponseTool struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	InputSchema any    `json:"inputSchema"`
}

// GetServerResponseHealthCheck is the value of GetServerResponse.HealthChecks.
type GetServerResponseHealthCheck struct {
	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Status     GetServerResponseHealthCheckStatus `json:"status"`
	DurationMs int64                              `json:"durationMs"`
}

// GetServerResponseHealthCheckStatus is the value of GetServerResponseHealthCheck.Status.
type GetServerResponseHealthCheckStatus string

// Values of GetServerResponseHealthCheckStatus.
const (
	GetServerResponseHealthCheckStatusPassed GetServerResponseHealthCheckStatus = "passed"
	GetServerResponseHealthCheckStatusFailed GetServerResponseHealthCheckStatus = "failed"
)

// UpdateServerBody is the body of ServersAPI.Update.
type UpdateServerBody struct {
	Name        *string                                   `json:"name,omitempty"`
	Transport   *CreateServerBodyTransport                `json:"transport,omitempty"`
	Description *string                                   `json:"description,omitempty"`
	Auth        *CreateServerBodyAuth                     `json:"auth,omitempty"`
	HealthCheck *CreateServerBodyTransportHeartbeat       `json:"healthCheck,omitempty"`
	RateLimits  rest.Nullable[CreateServerBodyRateLimits] `json:"rateLimits,omitempty"`
	Limits      rest.Nullable[CreateServerBodyLimits]     `json:"limits,omitempty"`
	Cache       rest.Nullable[CreateServerBodyCache]      `json:"cache,omitempty"`
	Metadata    *CreateServerBodyMetadata                 `json:"metadata,omitempty"`
	GroupID     rest.Nullable[string]                     `json:"groupId,omitempty"`
	Enabled     *bool                                     `json:"enabled,omitempty"`
	Site        *string                                   `json:"site,omitempty"`
}

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
type ConnectServersBody struct {
	ServerIDs []string `json:"serverIds"`
}

// ConnectServersResult is one of what ServersAPI.ConnectServers lists.
type ConnectServersResult struct {
	ServerID  string                     `json:"serverId"`
	Status    ConnectServersResultStatus `json:"status"`
	ToolCount *int64                     `json:"toolCount,omitempty"`
	Error     *string                    `json:"error,omitempty"`
}

// ConnectServersResultStatus is the value of ConnectServersResult.Status.
type ConnectServersResultStatus string

// Values of ConnectServersResultStatus.
const (
	ConnectServersResultStatusConnected ConnectServersResultStatus = "connected"
	ConnectServersResultStatusError     ConnectServersResultStatus = "error"
)

// ConnectServersResponse is the response of ServersAPI.ConnectServers.
type ConnectServersResponse struct {
	Results []ConnectServersResult        `json:"results"`
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
type DisconnectServersBody = ConnectServersBody

// DisconnectServersResult is one of what ServersAPI.DisconnectServers lists.
type DisconnectServersResult struct {
	ServerID  string                        `json:"serverId"`
	Status    DisconnectServersResultStatus `json:"status"`
	ToolCount *int64                        `json:"toolCount,omitempty"`
	Error     *string                       `json:"error,omitempty"`
}

// DisconnectServersResultStatus is the value of DisconnectServersResult.Status.
type DisconnectServersResultStatus string

// Values of DisconnectServersResultStatus.
const (
	DisconnectServersResultStatusDisconnected DisconnectServersResultStatus = "disconnected"
	DisconnectServersResultStatusError        DisconnectServersResultStatus = "error"
)

// DisconnectServersResponse is the response of ServersAPI.DisconnectServers.
type DisconnectServersResponse struct {
	Results []DisconnectServersResult     `json:"results"`
	Summary ConnectServersResponseSummary `json:"summary"`
}

// ReadServerLogParams is what ServersAPI.ReadLog may be asked.
type ReadServerLogParams struct {
	// The last so many; 0 for all. Default: 100.
	Lines *int64 `query:"lines"`

	// UTC, ISO 8601.
	Since *time.Time `query:"since"`

	// Default: false.
	Follow *bool `query:"follow"`
}

// ServerLog is one of what ServersAPI.ReadLog lists.
type ServerLog struct {
	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Level   string `json:"level"`
	Source  string `json:"source"`
	Message string `json:"message"`
}

// ReadServerLogResponse is the response of ServersAPI.ReadLog.
type ReadServerLogResponse struct {
	Logs []ServerLog `json:"logs"`
}
