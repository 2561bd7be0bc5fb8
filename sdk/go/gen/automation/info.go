// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// InfoAPI has the operations of MCP Automation System on info.
type InfoAPI struct{ client *rest.Client }

// Get: System information.
//
//	GET /automation/api/v1/info
func (api *InfoAPI) Get(ctx context.Context, opts ...rest.Option) (*GetInfoResponse, error) {
	return rest.JSON[*GetInfoResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/info", Unwrap: "data"}, opts)
}

// GetInfoResponse is the response of InfoAPI.Get.
type GetInfoResponse struct {
	Version     string                  `json:"version"`
	APIVersion  string                  `json:"api_version"`
	Environment string                  `json:"environment"`
	Features    GetInfoResponseFeatures `json:"features"`
	Limits      GetInfoResponseLimits   `json:"limits"`

	// Extension: those of the hub itself.
	Certificates []GetInfoResponseCertificate `json:"certificates"`
}

// GetInfoResponseFeatures is the value of GetInfoResponse.Features.
type GetInfoResponseFeatures struct {
	AutoUpdate    bool `json:"auto_update"`
	Cleanup       bool `json:"cleanup"`
	Monitoring    bool `json:"monitoring"`
	Orchestration bool `json:"orchestration"`
}

// GetInfoResponseLimits is the value of GetInfoResponse.Limits.
type GetInfoResponseLimits struct {
	MaxConcurrentUpdates int64 `json:"max_concurrent_updates"`

	// Read requests of one caller.
	MaxAPIRequestsPerMinute int64 `json:"max_api_requests_per_minute"`

	MaxWebSocketConnections int64 `json:"max_websocket_connections"`
}

// GetInfoResponseCertificate is the value of GetInfoResponse.Certificates.
type GetInfoResponseCertificate struct {
	Name string `json:"name"`

	// UTC, ISO 8601.
	ExpiresAt time.Time `json:"expires_at"`
}
