// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// StatusAPI has the operations of MCP Automation System on status.
type StatusAPI struct{ client *rest.Client }

// Get: Overall system health and status.
//
//	GET /automation/api/v1/status
func (api *StatusAPI) Get(ctx context.Context, opts ...rest.Option) (*GetStatusResponse, error) {
	return rest.JSON[*GetStatusResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/status", Unwrap: "data"}, opts)
}

// GetStatusResponse is the response of StatusAPI.Get.
type GetStatusResponse struct {
	Status  ComponentHealth `json:"status"`
	Version string          `json:"version"`

	// Seconds since the hub started.
	Uptime int64 `json:"uptime"`

	Components GetStatusResponseComponents `json:"components"`
	Servers    GetStatusResponseServers    `json:"servers"`
	LastCheck  time.Time                   `json:"last_check"`
}

// GetStatusResponseComponents is the value of GetStatusResponse.Components.
type GetStatusResponseComponents struct {
	Database   ComponentHealth `json:"database"`
	Cache      ComponentHealth `json:"cache"`
	Monitoring ComponentHealth `json:"monitoring"`
	MCPServers ComponentHealth `json:"mcp_servers"`
}

// GetStatusResponseServers is the value of GetStatusResponse.Servers.
type GetStatusResponseServers struct {
	Total     int64 `json:"total"`
	Healthy   int64 `json:"healthy"`
	Unhealthy int64 `json:"unhealthy"`
	Updating  int64 `json:"updating"`
}
