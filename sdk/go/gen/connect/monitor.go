// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// MonitorAPI has the operations of MCP Connect on monitor.
type MonitorAPI struct{ client *rest.Client }

// Get: Get monitoring dashboard data, of what the key's grants cover.
//
//	GET /connect/api/monitor
func (api *MonitorAPI) Get(ctx context.Context, opts ...rest.Option) (*GetMonitorResponse, error) {
	return rest.JSON[*GetMonitorResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/monitor", Unwrap: "data"}, opts)
}

// ListCircuitBreakers: Get circuit breaker states for all servers; half-open: the cooldown is over, and the next call
// decides.
//
//	GET /connect/api/monitor/circuit-breakers
func (api *MonitorAPI) ListCircuitBreakers(ctx context.Context, opts ...rest.Option) ([]CircuitBreaker, error) {
	return rest.JSON[[]CircuitBreaker](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/monitor/circuit-breakers", Unwrap: "data"}, opts)
}

// GetMonitorResponse is the response of MonitorAPI.Get.
type GetMonitorResponse struct {
	Overview GetMonitorResponseOverview `json:"overview"`
	Servers  []GetMonitorResponseServer `json:"servers"`

	// The last 20 events, newest first.
	RecentActivity []GetMonitorResponseRecentActivity `json:"recentActivity"`

	CircuitBreakers []GetMonitorResponseCircuitBreaker `json:"circuitBreakers"`
}

// GetMonitorResponseOverview is the value of GetMonitorResponse.Overview.
type GetMonitorResponseOverview struct {
	TotalServers     int64 `json:"totalServers"`
	ConnectedServers int64 `json:"connectedServers"`

	// Of connected servers.
	TotalTools int64 `json:"totalTools"`

	// Seconds.
	Uptime int64 `json:"uptime"`

	// Answered since UTC midnight, by every API and to everybody.
	RequestsToday int64 `json:"requestsToday"`
}

// GetMonitorResponseServer is the value of GetMonitorResponse.Servers.
type GetMonitorResponseServer struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Status    ListServersStatus `json:"status"`
	ToolCount int64             `json:"toolCount"`
	Site      string            `json:"site"`
	Error     *string           `json:"error"`
}

// GetMonitorResponseRecentActivity is the value of GetMonitorResponse.RecentActivity.
type GetMonitorResponseRecentActivity struct {
	// Number in the event journal.
	ID int64 `json:"id"`

	Type string `json:"type"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Data map[string]any `json:"data"`
}

// GetMonitorResponseCircuitBreaker is the value of GetMonitorResponse.CircuitBreakers.
type GetMonitorResponseCircuitBreaker struct {
	ServerID    string                                `json:"serverId"`
	ServerName  string                                `json:"serverName"`
	State       GetMonitorResponseCircuitBreakerState `json:"state"`
	Failures    int64                                 `json:"failures"`
	LastFailure *time.Time                            `json:"lastFailure"`
}

// GetMonitorResponseCircuitBreakerState is the value of GetMonitorResponseCircuitBreaker.State.
type GetMonitorResponseCircuitBreakerState string

// Values of GetMonitorResponseCircuitBreakerState.
const (
	GetMonitorResponseCircuitBreakerStateClosed   GetMonitorResponseCircuitBreakerState = "closed"
	GetMonitorResponseCircuitBreakerStateOpen     GetMonitorResponseCircuitBreakerState = "open"
	GetMonitorResponseCircuitBreakerStateHalfOpen GetMonitorResponseCircuitBreakerState = "half-open"
)

// CircuitBreaker is one of what MonitorAPI.ListCircuitBreakers lists.
type CircuitBreaker struct {
	ServerID   string                                `json:"serverId"`
	ServerName string                                `json:"serverName"`
	State      GetMonitorResponseCircuitBreakerState `json:"state"`

	// In a row; while open, those that opened it.
	Failures int64 `json:"failures"`

	// Since the last change of state.
	SuccessCount int64 `json:"successCount"`

	// UTC, ISO 8601.
	LastStateChange time.Time `json:"lastStateChange"`

	// UTC, ISO 8601.
	CooldownEndsAt *time.Time `json:"cooldownEndsAt,omitempty"`
}
