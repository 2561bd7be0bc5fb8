// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package portal

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// AdminAPI has the operations of MCP Portal on admin.
type AdminAPI struct{ client *rest.Client }

// ListUsers: List all users.
//
//	GET /portal/api/v1/admin/users
func (api *AdminAPI) ListUsers(ctx context.Context, params *ListUsersParams, opts ...rest.Option) (*ListUsersResponse, error) {
	return rest.JSON[*ListUsersResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/admin/users", Query: params}, opts)
}

// ListUsersAll: List all users. It reads page after page.
//
//	GET /portal/api/v1/admin/users
func (api *AdminAPI) ListUsersAll(ctx context.Context, params *ListUsersParams, opts ...rest.Option) *rest.Pages[User] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]User, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListUsers(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Users, at + 1, result.Pagination.HasNext, nil
	})
}

// SetUserRole: Update the role of a user. id: Id of the user.
//
//	PUT /portal/api/v1/admin/users/{id}/role
func (api *AdminAPI) SetUserRole(ctx context.Context, id string, body SetUserRoleBody, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "PUT", Path: "/portal/api/v1/admin/users/{id}/role", Args: []string{id}, Body: body}, opts)
}

// ListAudit: Get audit logs.
//
//	GET /portal/api/v1/admin/audit
func (api *AdminAPI) ListAudit(ctx context.Context, params *ListAuditParams, opts ...rest.Option) (*ListAuditResponse, error) {
	return rest.JSON[*ListAuditResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/admin/audit", Query: params}, opts)
}

// ListAuditAll: Get audit logs. It reads page after page.
//
//	GET /portal/api/v1/admin/audit
func (api *AdminAPI) ListAuditAll(ctx context.Context, params *ListAuditParams, opts ...rest.Option) *rest.Pages[AuditEntry] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Page, 1), func(at int64) ([]AuditEntry, int64, bool, error) {
		asked := asked
		asked.Page = &at
		result, err := api.ListAudit(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Logs, at + 1, result.Pagination.HasNext, nil
	})
}

// GetSystemMetrics: Get system metrics.
//
//	GET /portal/api/v1/admin/metrics
func (api *AdminAPI) GetSystemMetrics(ctx context.Context, opts ...rest.Option) (*GetSystemMetricsResponse, error) {
	return rest.JSON[*GetSystemMetricsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/admin/metrics"}, opts)
}

// ListUsersParams is the parameters of AdminAPI.ListUsers.
type ListUsersParams struct {
	// Only users with this role.
	Role *Role `query:"role"`

	// Only active users, or only inactive ones.
	Active *bool `query:"active"`

	// In e-mail address or name.
	Search *string `query:"search"`

	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 20.
	Limit *int64 `query:"limit"`
}

// ListUsersResponse is the response of AdminAPI.ListUsers.
type ListUsersResponse struct {
	Users      []User     `json:"users"`
	Pagination Pagination `json:"pagination"`
}

// SetUserRoleBody is the body of AdminAPI.SetUserRole.
type SetUserRoleBody struct {
	Role Role `json:"role"`
}

// ListAuditParams is the parameters of AdminAPI.ListAudit.
type ListAuditParams struct {
	// Only entries of this user or API key, by id.
	UserID *string `query:"user_id"`

	// Such as `server_enabled`.
	Action *string `query:"action"`

	// Start of the range (RFC 3339), inclusive.
	From *time.Time `query:"from"`

	// End of the range (RFC 3339), inclusive.
	To *time.Time `query:"to"`

	// Number of the page. Default: 1.
	Page *int64 `query:"page"`

	// Items per page. Default: 20.
	Limit *int64 `query:"limit"`
}

// ListAuditResponse is the response of AdminAPI.ListAudit.
type ListAuditResponse struct {
	Logs       []AuditEntry `json:"logs"`
	Pagination Pagination   `json:"pagination"`
}

// GetSystemMetricsResponse is the response of AdminAPI.GetSystemMetrics.
type GetSystemMetricsResponse struct {
	Users   GetSystemMetricsResponseUsers   `json:"users"`
	Servers GetSystemMetricsResponseServers `json:"servers"`
	System  GetSystemMetricsResponseSystem  `json:"system"`
}

// GetSystemMetricsResponseUsers is the value of GetSystemMetricsResponse.Users.
type GetSystemMetricsResponseUsers struct {
	Total  int64                               `json:"total"`
	Active int64                               `json:"active"`
	ByRole GetSystemMetricsResponseUsersByRole `json:"by_role"`
}

// GetSystemMetricsResponseUsersByRole is the value of GetSystemMetricsResponseUsers.ByRole.
type GetSystemMetricsResponseUsersByRole struct {
	SuperAdmin   int64 `json:"super_admin"`
	TeamAdmin    int64 `json:"team_admin"`
	StandardUser int64 `json:"standard_user"`
}

// GetSystemMetricsResponseServers is the value of GetSystemMetricsResponse.Servers.
type GetSystemMetricsResponseServers struct {
	// Of the catalog.
	Total int64 `json:"total"`

	Predefined int64 `json:"predefined"`
	Custom     int64 `json:"custom"`

	// By all users together, and those that all share.
	Enabled int64 `json:"enabled"`

	RunningContainers int64 `json:"running_containers"`
}

// GetSystemMetricsResponseSystem is the value of GetSystemMetricsResponse.System.
type GetSystemMetricsResponseSystem struct {
	Uptime            string  `json:"uptime"`
	APIRequests24h    int64   `json:"api_requests_24h"`
	AvgResponseTimeMs float64 `json:"avg_response_time_ms"`

	// 0 to 1.
	ErrorRate float64 `json:"error_rate"`
}
