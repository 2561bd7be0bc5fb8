// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package portal

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// StatusAPI has the operations of MCP Portal on status.
type StatusAPI struct{ client *rest.Client }

// Get: Detailed system status.
//
//	GET /portal/api/v1/status
func (api *StatusAPI) Get(ctx context.Context, opts ...rest.Option) (*GetStatusResponse, error) {
	return rest.JSON[*GetStatusResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/status"}, opts)
}

// GetStatusResponse is the response of StatusAPI.Get.
type GetStatusResponse struct {
	Services GetStatusResponseServices `json:"services"`
	Metrics  GetStatusResponseMetrics  `json:"metrics"`
}

// GetStatusResponseServices is the value of GetStatusResponse.Services.
type GetStatusResponseServices struct {
	API      ServiceStatus `json:"api"`
	Database ServiceStatus `json:"database"`
	Cache    ServiceStatus `json:"cache"`
	Docker   ServiceStatus `json:"docker"`
}

// GetStatusResponseMetrics is the value of GetStatusResponse.Metrics.
type GetStatusResponseMetrics struct {
	// Average of the last 24 hours.
	ResponseTimeMs float64 `json:"response_time_ms"`

	// Connected MCP servers.
	ActiveConnections int64 `json:"active_connections"`

	// Jobs that wait.
	QueueSize int64 `json:"queue_size"`
}
