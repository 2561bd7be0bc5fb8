// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// HealthAPI has the operations of MCP Automation System on health.
type HealthAPI struct{ client *rest.Client }

// Get: Health check.
//
//	GET /automation/api/v1/health
func (api *HealthAPI) Get(ctx context.Context, opts ...rest.Option) (*GetHealthResponse, error) {
	return rest.JSON[*GetHealthResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/health", Anonymous: true}, opts)
}

// GetHealthResponse is the response of HealthAPI.Get.
type GetHealthResponse struct {
	Status    GetHealthResponseStatus `json:"status"`
	Timestamp time.Time               `json:"timestamp"`
	Version   string                  `json:"version"`

	// Seconds.
	Uptime int64 `json:"uptime"`

	Connections GetHealthResponseConnections `json:"connections"`
	Checks      GetHealthResponseChecks      `json:"checks"`
}

// GetHealthResponseStatus is the value of GetHealthResponse.Status.
type GetHealthResponseStatus string

// Values of GetHealthResponseStatus.
const (
	GetHealthResponseStatusHealthy   GetHealthResponseStatus = "healthy"
	GetHealthResponseStatusUnhealthy GetHealthResponseStatus = "unhealthy"
)

// GetHealthResponseConnections is the value of GetHealthResponse.Connections.
type GetHealthResponseConnections struct {
	Active int64 `json:"active"`
	Total  int64 `json:"total"`
}

// GetHealthResponseChecks is the value of GetHealthResponse.Checks.
type GetHealthResponseChecks struct {
	Database string `json:"database"`
	Redis    string `json:"redis"`
	Docker   string `json:"docker"`
}
