// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// AuditAPI has the operations of MCP Connect on audit.
type AuditAPI struct{ client *rest.Client }

// List: Query audit logs, newest first.
//
//	GET /connect/api/audit
func (api *AuditAPI) List(ctx context.Context, params *ListAuditParams, opts ...rest.Option) (*ListAuditResponse, error) {
	return rest.JSON[*ListAuditResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/audit", Query: params, Unwrap: "data"}, opts)
}

// ListAll: Query audit logs, newest first. It reads page after page.
//
//	GET /connect/api/audit
func (api *AuditAPI) ListAll(ctx context.Context, params *ListAuditParams, opts ...rest.Option) *rest.Pages[AuditEntry] {
	asked := rest.Copy(params)
	return rest.NewPages(rest.Or(asked.Offset, 0), func(at int64) ([]AuditEntry, int64, bool, error) {
		asked := asked
		asked.Offset = &at
		result, err := api.List(ctx, &asked, opts...)
		if err != nil {
			return nil, 0, false, err
		}
		return result.Entries, at + int64(len(result.Entries)), int64(len(result.Entries)) > 0 && (!result.TotalIsExact || at+int64(len(result.Entries)) < result.Total), nil
	})
}

// Export: Export audit logs as CSV or JSON, oldest first.
//
//	GET /connect/api/audit/export
func (api *AuditAPI) Export(ctx context.Context, params *ExportAuditParams, opts ...rest.Option) ([]AuditEntry, error) {
	return rest.JSON[[]AuditEntry](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/audit/export", Query: params, Unwrap: "data"}, opts)
}

// ExportCSV: Export audit logs as CSV or JSON, oldest first. As CSV.
//
//	GET /connect/api/audit/export
func (api *AuditAPI) ExportCSV(ctx context.Context, params *ExportAuditParams, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/audit/export", Query: params, Unwrap: "data", Set: []string{"format", "csv"}}, opts)
}

// ListAuditParams is the parameters of AuditAPI.List.
type ListAuditParams struct {
	// Such as `tool.invoke`.
	Action *string `query:"action"`

	// Id of an API key or user.
	Actor *string `query:"actor"`

	// Type of the resource, such as `server`.
	Resource *string `query:"resource"`

	// Extension: id of the resource; with `resource`, the answer comes faster.
	ResourceID *string `query:"resourceId"`

	// Start: an ISO 8601 date or time, inclusive.
	From *string `query:"from"`

	// End: an ISO 8601 date or time, inclusive.
	To *string `query:"to"`

	// Entries to return at most. Default: 50.
	Limit *int64 `query:"limit"`

	// Entries to skip. Default: 0.
	Offset *int64 `query:"offset"`
}

// ListAuditResponse is the response of AuditAPI.List.
type ListAuditResponse struct {
	Entries []AuditEntry `json:"entries"`
	Total   int64        `json:"total"`
	Limit   int64        `json:"limit"`
	Offset  int64        `json:"offset"`

	// false: counting stopped at a limit; there are at least `total` entries.
	TotalIsExact bool `json:"totalIsExact"`
}

// ExportAuditParams is the parameters of AuditAPI.Export.
type ExportAuditParams struct {
	// Start: an ISO 8601 date or time, inclusive.
	From *string `query:"from"`

	// End: an ISO 8601 date or time, inclusive.
	To *string `query:"to"`
}
