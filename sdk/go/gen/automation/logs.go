// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// LogsAPI has the operations of MCP Automation System on logs.
type LogsAPI struct{ client *rest.Client }

// Get: Retrieve system logs.
//
//	GET /automation/api/v1/logs
func (api *LogsAPI) Get(ctx context.Context, params *GetLogsParams, opts ...rest.Option) (*GetLogsResponse, error) {
	return rest.JSON[*GetLogsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/logs", Query: params, Unwrap: "data"}, opts)
}

// GetLogsLevel is the value of GetLogsParams.Level.
type GetLogsLevel string

// Values of GetLogsLevel.
const (
	GetLogsLevelDebug   GetLogsLevel = "debug"
	GetLogsLevelInfo    GetLogsLevel = "info"
	GetLogsLevelWarning GetLogsLevel = "warning"
	GetLogsLevelError   GetLogsLevel = "error"
)

// GetLogsParams is the parameters of LogsAPI.Get.
type GetLogsParams struct {
	// Only entries of exactly this level; finer levels count as the nearest.
	Level *GetLogsLevel `query:"level"`

	// Name or id of a server, `hub`, or `agent/NAME`.
	Server *string `query:"server"`

	// Start timestamp (ISO 8601), inclusive.
	Since *string `query:"since"`

	// End timestamp (ISO 8601), inclusive.
	Until *string `query:"until"`

	// Maximum entries. Default: 100.
	Limit *int64 `query:"limit"`

	// Text in message or metadata; upper and lower case are the same. Default: "".
	Query *string `query:"query"`
}

// GetLogsResponse is the response of LogsAPI.Get.
type GetLogsResponse struct {
	Logs []LogEntry `json:"logs"`

	// How many entries match.
	Total int64 `json:"total"`

	Returned int64 `json:"returned"`

	// Extension. false: a search reached its time limit; at least `total` entries match.
	TotalIsExact bool `json:"total_is_exact"`

	// Extension: agents that did not answer; their entries are neither shown nor counted.
	Unanswered []UnansweredSite `json:"unanswered"`
}
