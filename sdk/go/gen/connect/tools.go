// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// ToolsAPI has the operations of MCP Connect on tools.
type ToolsAPI struct{ client *rest.Client }

// List: List all available tools across connected servers.
//
//	GET /connect/api/tools
func (api *ToolsAPI) List(ctx context.Context, params *ListToolsParams, opts ...rest.Option) (*ListToolsResponse, error) {
	return rest.JSON[*ListToolsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/tools", Query: params, Unwrap: "data"}, opts)
}

// ListAll: List all available tools across connected servers. It reads page after page.
//
//	GET /connect/api/tools
func (api *ToolsAPI) ListAll(ctx context.Context, params *ListToolsParams, opts ...rest.Option) *rest.Pages[Tool] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Offset, 0), func(at int64) ([]Tool, int64, bool, error) {
		asked := asked
		asked.Offset = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Tools, at + int64(len(result.Tools)), int64(len(result.Tools)) > 0 && at+int64(len(result.Tools)) < result.Total, nil
	})
}

// Invoke: Invoke a specific tool. name: Name of the tool.
//
//	POST /connect/api/tools/{name}/invoke
func (api *ToolsAPI) Invoke(ctx context.Context, name string, body *InvokeToolBody, opts ...rest.Option) (*InvokeToolResponse, error) {
	return rest.JSON[*InvokeToolResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/tools/{name}/invoke", Args: []string{name}, Body: body}, opts)
}

// InvokeStream: Invoke a specific tool. The events come as they happen. name: Name of the tool.
//
//	POST /connect/api/tools/{name}/invoke
func (api *ToolsAPI) InvokeStream(ctx context.Context, name string, body *InvokeToolBody, opts ...rest.Option) (*rest.Events, error) {
	return rest.Listen(ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/tools/{name}/invoke", Args: []string{name}, Body: body, Set: []string{"stream", "true"}}, opts)
}

// ListCategories: Get all tool categories with counts; tools without one count as uncategorized.
//
//	GET /connect/api/tools/categories
func (api *ToolsAPI) ListCategories(ctx context.Context, opts ...rest.Option) ([]ToolCategory, error) {
	return rest.JSON[[]ToolCategory](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/tools/categories", Unwrap: "data"}, opts)
}

// GetStatistics: Get tool usage statistics; days are UTC, the newest of 30 first.
//
//	GET /connect/api/tools/stats
func (api *ToolsAPI) GetStatistics(ctx context.Context, opts ...rest.Option) (*GetToolStatisticsResponse, error) {
	return rest.JSON[*GetToolStatisticsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/tools/stats", Unwrap: "data"}, opts)
}

// GetActivity: Calls of tools, their errors and durations over the last hour or day, in steps, oldest first. The API’s
// document does not have it.
//
//	GET /connect/api/tools/activity
func (api *ToolsAPI) GetActivity(ctx context.Context, params *GetToolActivityParams, opts ...rest.Option) (*GetToolActivityResponse, error) {
	return rest.JSON[*GetToolActivityResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/tools/activity", Query: params, Unwrap: "data"}, opts)
}

// ListRecent: Get recently used tools for the authenticated API key, newest first; lastUsedAt is its own last use.
//
//	GET /connect/api/tools/recent
func (api *ToolsAPI) ListRecent(ctx context.Context, params *ListRecentToolsParams, opts ...rest.Option) ([]Tool, error) {
	return rest.JSON[[]Tool](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/tools/recent", Query: params, Unwrap: "data"}, opts)
}

// GetHistory: Get invocation history for a specific tool, newest first; below operator the caller’s own calls. name:
// Name of the tool.
//
//	GET /connect/api/tools/{name}/history
func (api *ToolsAPI) GetHistory(ctx context.Context, name string, params *GetToolHistoryParams, opts ...rest.Option) ([]ToolCall, error) {
	return rest.JSON[[]ToolCall](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/tools/{name}/history", Args: []string{name}, Query: params, Unwrap: "data"}, opts)
}

// ListToolsSortBy is the value of ListToolsParams.SortBy.
type ListToolsSortBy string

// Values of ListToolsSortBy.
const (
	ListToolsSortByName   ListToolsSortBy = "name"
	ListToolsSortByUsage  ListToolsSortBy = "usage"
	ListToolsSortByRecent ListToolsSortBy = "recent"
)

// ListToolsParams is the parameters of ToolsAPI.List.
type ListToolsParams struct {
	// In name or description.
	Query *string `query:"query"`

	// Category of the server.
	Category *string `query:"category"`

	// Comma-separated; any of these.
	Tags *string `query:"tags"`

	// Id or name.
	Server *string `query:"server"`

	// Order of the list: by name, most used first, or last used first. Default: "name".
	SortBy *ListToolsSortBy `query:"sortBy"`

	// Tools to return at most. Default: 50.
	Limit *int64 `query:"limit"`

	// Tools to skip. Default: 0.
	Offset *int64 `query:"offset"`
}

// ListToolsResponse is the response of ToolsAPI.List.
type ListToolsResponse struct {
	Tools  []Tool `json:"tools"`
	Total  int64  `json:"total"`
	Limit  int64  `json:"limit"`
	Offset int64  `json:"offset"`
}

// InvokeToolBody is the body of ToolsAPI.Invoke.
type InvokeToolBody struct {
	Arguments map[string]any `json:"arguments,omitempty"`

	// Id or name; needed where several servers have the tool.
	ServerID *string `json:"serverId,omitempty"`

	// Default 60000.
	TimeoutMs *int64 `json:"timeoutMs,omitempty"`
}

// InvokeToolResponse is the response of ToolsAPI.Invoke.
type InvokeToolResponse struct {
	Data     ToolResult                 `json:"data"`
	Metadata InvokeToolResponseMetadata `json:"metadata"`
}

// InvokeToolResponseMetadata is the value of InvokeToolResponse.Metadata.
type InvokeToolResponseMetadata struct {
	ServerID   string  `json:"serverId"`
	ServerName string  `json:"serverName"`
	DurationMs float64 `json:"durationMs"`
	Cached     bool    `json:"cached"`
}

// GetToolStatisticsResponse is the response of ToolsAPI.GetStatistics.
type GetToolStatisticsResponse struct {
	TotalTools       int64                                       `json:"totalTools"`
	TotalInvocations int64                                       `json:"totalInvocations"`
	TopTools         []GetToolStatisticsResponseTopTool          `json:"topTools"`
	InvocationsByDay []GetToolStatisticsResponseInvocationsByDay `json:"invocationsByDay"`
}

// GetToolStatisticsResponseTopTool is the value of GetToolStatisticsResponse.TopTools.
type GetToolStatisticsResponseTopTool struct {
	Name        string `json:"name"`
	Invocations int64  `json:"invocations"`
}

// GetToolStatisticsResponseInvocationsByDay is the value of GetToolStatisticsResponse.InvocationsByDay.
type GetToolStatisticsResponseInvocationsByDay struct {
	Date  string `json:"date"`
	Count int64  `json:"count"`
}

// GetToolActivityPeriod is the value of GetToolActivityParams.Period.
type GetToolActivityPeriod string

// Values of GetToolActivityPeriod.
const (
	GetToolActivityPeriodHour GetToolActivityPeriod = "hour"
	GetToolActivityPeriodDay  GetToolActivityPeriod = "day"
)

// GetToolActivityParams is the parameters of ToolsAPI.GetActivity.
type GetToolActivityParams struct {
	// The last hour or the last day. Default: "hour".
	Period *GetToolActivityPeriod `query:"period"`
}

// GetToolActivityResponse is the response of ToolsAPI.GetActivity.
type GetToolActivityResponse struct {
	StepSeconds int64               `json:"stepSeconds"`
	Points      []ToolActivityPoint `json:"points"`
}

// ListRecentToolsParams is the parameters of ToolsAPI.ListRecent.
type ListRecentToolsParams struct {
	// Tools to return at most. Default: 10.
	Limit *int64 `query:"limit"`
}

// GetToolHistoryParams is the parameters of ToolsAPI.GetHistory.
type GetToolHistoryParams struct {
	// Calls to return at most. Default: 20.
	Limit *int64 `query:"limit"`

	// Start: an ISO 8601 date or time, inclusive.
	From *string `query:"from"`

	// End: an ISO 8601 date or time, inclusive.
	To *string `query:"to"`
}
