// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// MonitorAPI has the operations of MCP Connect on monitor.
type MonitorAPI struct{ client *rest.Client }

// Get: Get monitoring dashboard data, within the key's grants.
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
	Servers  []MonitoredServer          `json:"servers"`

	// The last 20 events, newest first.
	RecentActivity []Activity `json:"recentActivity"`

	CircuitBreakers []CircuitBreakerSummary `json:"circuitBreakers"`
}

// GetMonitorResponseOverview is the value of GetMonitorResponse.Overview.
type GetMonitorResponseOverview struct {
	TotalServers     int64 `json:"totalServers"`
	ConnectedServers int64 `json:"connectedServers"`

	// Of connected servers.
	TotalTools int64 `json:"totalTools"`

	// Seconds.
	Uptime int64 `json:"uptime"`

	// Requests since UTC midnight, of all APIs and callers.
	RequestsToday int64 `json:"requestsToday"`
}
