// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// AlertsAPI has the operations of MCP Automation System on alerts.
type AlertsAPI struct{ client *rest.Client }

// Get: Get active alerts, newest first.
//
//	GET /automation/api/v1/alerts
func (api *AlertsAPI) Get(ctx context.Context, params *GetAlertsParams, opts ...rest.Option) (*GetAlertsResponse, error) {
	return rest.JSON[*GetAlertsResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/alerts", Query: params, Unwrap: "data"}, opts)
}

// Acknowledge: Acknowledge an alert. alertID: Id of the alert.
//
//	POST /automation/api/v1/alerts/{alert_id}/acknowledge
func (api *AlertsAPI) Acknowledge(ctx context.Context, alertID string, body AcknowledgeAlertBody, opts ...rest.Option) (*Alert, error) {
	return rest.JSON[*Alert](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/alerts/{alert_id}/acknowledge", Args: []string{alertID}, Body: body, Unwrap: "data"}, opts)
}

// GetRules: The rules by which alerts are raised and resolved. The API’s document does not have it.
//
//	GET /automation/api/v1/alerts/rules
func (api *AlertsAPI) GetRules(ctx context.Context, opts ...rest.Option) (*AlertRules, error) {
	return rest.JSON[*AlertRules](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/alerts/rules", Unwrap: "data"}, opts)
}

// SetRules: Change rules. The API’s document does not have it.
//
//	PUT /automation/api/v1/alerts/rules
func (api *AlertsAPI) SetRules(ctx context.Context, body SetAlertRulesBody, opts ...rest.Option) (*AlertRules, error) {
	return rest.JSON[*AlertRules](ctx, api.client, rest.Request{Method: "PUT", Path: "/automation/api/v1/alerts/rules", Body: body, Unwrap: "data"}, opts)
}

// GetAlertsStatus is the value of GetAlertsParams.Status.
type GetAlertsStatus string

// Values of GetAlertsStatus.
const (
	GetAlertsStatusActive   GetAlertsStatus = "active"
	GetAlertsStatusResolved GetAlertsStatus = "resolved"
	GetAlertsStatusAll      GetAlertsStatus = "all"
)

// GetAlertsParams is the parameters of AlertsAPI.Get.
type GetAlertsParams struct {
	// Extension: which alerts; the hub keeps the last 1000 resolved alerts. Default: "active".
	Status *GetAlertsStatus `query:"status"`
}

// GetAlertsResponse is the response of AlertsAPI.Get.
type GetAlertsResponse struct {
	Alerts   []Alert `json:"alerts"`
	Total    int64   `json:"total"`
	Critical int64   `json:"critical"`
	Warning  int64   `json:"warning"`
	Info     int64   `json:"info"`
}

// AcknowledgeAlertBody is the body of AlertsAPI.Acknowledge.
type AcknowledgeAlertBody struct {
	// The reason, or the action taken.
	Message string `json:"message"`

	// Default: the caller's name.
	AcknowledgedBy *string `json:"acknowledged_by,omitempty"`
}

// AcknowledgeAlertResponse is the response of AlertsAPI.Acknowledge.
type AcknowledgeAlertResponse = Alert

// GetAlertRulesResponse is the response of AlertsAPI.GetRules.
type GetAlertRulesResponse = AlertRules

// GetAlertRules is an item of AlertsAPI.GetRules.
type GetAlertRules struct {
	Rule  AlertRuleName     `json:"rule"`
	Title string            `json:"title"`
	Unit  GetAlertRulesUnit `json:"unit"`

	// The side of the threshold on which the hub raises the alert.
	Direction GetAlertRulesDirection `json:"direction"`

	Enabled  bool          `json:"enabled"`
	Severity AlertSeverity `json:"severity"`

	// Raised from here on, in the unit of the rule.
	Threshold float64 `json:"threshold"`

	// Resolved only from here on.
	ClearThreshold float64 `json:"clear_threshold"`

	WindowSeconds *int64 `json:"window_seconds"`
	MinimumCalls  *int64 `json:"minimum_calls"`
}

// GetAlertRulesUnit is the value of GetAlertRules.Unit.
type GetAlertRulesUnit string

// Values of GetAlertRulesUnit.
const (
	GetAlertRulesUnitSeconds      GetAlertRulesUnit = "seconds"
	GetAlertRulesUnitCount        GetAlertRulesUnit = "count"
	GetAlertRulesUnitRatio        GetAlertRulesUnit = "ratio"
	GetAlertRulesUnitMilliseconds GetAlertRulesUnit = "milliseconds"
	GetAlertRulesUnitState        GetAlertRulesUnit = "state"
	GetAlertRulesUnitDays         GetAlertRulesUnit = "days"
)

// GetAlertRulesDirection is the value of GetAlertRules.Direction.
type GetAlertRulesDirection string

// Values of GetAlertRulesDirection.
const (
	GetAlertRulesDirectionAbove GetAlertRulesDirection = "above"
	GetAlertRulesDirectionBelow GetAlertRulesDirection = "below"
)

// SetAlertRulesBody is the body of AlertsAPI.SetRules.
type SetAlertRulesBody struct {
	Rules []AlertRuleChange `json:"rules"`
}

// SetAlertRulesResponse is the response of AlertsAPI.SetRules.
type SetAlertRulesResponse = AlertRules

// SetAlertRules is an item of AlertsAPI.SetRules.
type SetAlertRules struct {
	Rule  AlertRuleName     `json:"rule"`
	Title string            `json:"title"`
	Unit  SetAlertRulesUnit `json:"unit"`

	// The side of the threshold on which the hub raises the alert.
	Direction SetAlertRulesDirection `json:"direction"`

	Enabled  bool          `json:"enabled"`
	Severity AlertSeverity `json:"severity"`

	// Raised from here on, in the unit of the rule.
	Threshold float64 `json:"threshold"`

	// Resolved only from here on.
	ClearThreshold float64 `json:"clear_threshold"`

	WindowSeconds *int64 `json:"window_seconds"`
	MinimumCalls  *int64 `json:"minimum_calls"`
}

// SetAlertRulesUnit is the value of SetAlertRules.Unit.
type SetAlertRulesUnit string

// Values of SetAlertRulesUnit.
const (
	SetAlertRulesUnitSeconds      SetAlertRulesUnit = "seconds"
	SetAlertRulesUnitCount        SetAlertRulesUnit = "count"
	SetAlertRulesUnitRatio        SetAlertRulesUnit = "ratio"
	SetAlertRulesUnitMilliseconds SetAlertRulesUnit = "milliseconds"
	SetAlertRulesUnitState        SetAlertRulesUnit = "state"
	SetAlertRulesUnitDays         SetAlertRulesUnit = "days"
)

// SetAlertRulesDirection is the value of SetAlertRules.Direction.
type SetAlertRulesDirection string

// Values of SetAlertRulesDirection.
const (
	SetAlertRulesDirectionAbove SetAlertRulesDirection = "above"
	SetAlertRulesDirectionBelow SetAlertRulesDirection = "below"
)
