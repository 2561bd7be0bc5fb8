// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"
	"time"

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
func (api *AuditAPI) Export(ctx context.Context, params *ExportAuditParams, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/audit/export", Query: params}, opts)
}

// ListAuditParams is what AuditAPI.List may be asked.
type ListAuditParams struct {
	// Such as `tool.invoke`.
	Action *string `query:"action"`

	// Id of an API key or user.
	Actor *string `query:"actor"`

	// Type of the resource, such as `server`.
	Resource *string `query:"resource"`

	// Start: an ISO 8601 date or time, inclusive.
	From *string `query:"from"`

	// End: an ISO 8601 date or time, inclusive.
	To *string `query:"to"`

	// Default: 50.
	Limit *int64 `query:"limit"`

	// Default: 0.
	Offset *int64 `query:"offset"`
}

// AuditEntry is one of what AuditAPI.List lists.
type AuditEntry struct {
	ID string `json:"id"`

	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	Action   string              `json:"action"`
	Actor    AuditEntryActor     `json:"actor"`
	Resource *AuditEntryResource `json:"resource"`

	// `durationMs` and `success` always; of tool calls `arguments`, with secrets redacted; `error` of what failed.
	Details map[string]any `json:"details"`

	IP        string `json:"ip"`
	UserAgent string `json:"userAgent"`
}

// AuditEntryActor is the value of AuditEntry.Actor.
type AuditEntryActor struct {
	Type AuditEntryActorType `json:"type"`
	ID   string              `json:"id"`
	Name string              `json:"name"`
}

// AuditEntryActorType is the value of AuditEntryActor.Type.
type AuditEntryActorType string

// Values of AuditEntryActorType.
const (
	AuditEntryActorTypeAPIKey    AuditEntryActorType = "api_key"
	AuditEntryActorTypeUser      AuditEntryActorType = "user"
	AuditEntryActorTypeAgent     AuditEntryActorType = "agent"
	AuditEntryActorTypeSystem    AuditEntryActorType = "system"
	AuditEntryActorTypeAnonymous AuditEntryActorType = "anonymous"
)

// AuditEntryResource is the value of AuditEntry.Resource.
type AuditEntryResource struct {
	Type     string  `json:"type"`
	ID       string  `json:"id"`
	ServerID *string `json:"serverId,omitempty"`
}

// ListAuditResponse is the response of AuditAPI.List.
type ListAuditResponse struct {
	Entries []AuditEntry `json:"entries"`
	Total   int64        `json:"total"`
	Limit   int64        `json:"limit"`
	Offset  int64        `json:"offset"`

	// false: counting was given up at its bound on time and number; there are at least `total`.
	TotalIsExact bool `json:"totalIsExact"`
}

// ExportAuditFormat is the value of ExportAuditParams.Format.
type ExportAuditFormat string

// Values of ExportAuditFormat.
const (
	ExportAuditFormatJSON ExportAuditFormat = "json"
	ExportAuditFormatCSV  ExportAuditFormat = "csv"
)

// ExportAuditParams is what AuditAPI.Export may be asked.
type ExportAuditParams struct {
	// Default: "json".
	Format *ExportAuditFormat `query:"format"`

	// Start: an ISO 8601 date or time, inclusive.
	From *string `query:"from"`

	// End: an ISO 8601 date or time, inclusive.
	To *string `query:"to"`
}
