// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package automation

import (
	"context"
	"time"

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

// Acknowledge: Acknowledge an alert.
//
//	POST /automation/api/v1/alerts/{alert_id}/acknowledge
func (api *AlertsAPI) Acknowledge(ctx context.Context, alertID string, body AcknowledgeAlertBody, opts ...rest.Option) (*Alert, error) {
	return rest.JSON[*Alert](ctx, api.client, rest.Request{Method: "POST", Path: "/automation/api/v1/alerts/{alert_id}/acknowledge", Args: []string{alertID}, Body: body, Unwrap: "data"}, opts)
}

// GetRules: The rules by which alerts are raised and resolved. The API’s document does not have it.
//
//	GET /automation/api/v1/alerts/rules
func (api *AlertsAPI) GetRules(ctx context.Context, opts ...rest.Option) (*GetAlertRulesResponse, error) {
	return rest.JSON[*GetAlertRulesResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/automation/api/v1/alerts/rules", Unwrap: "data"}, opts)
}

// SetRules: Change rules. The API’s document does not have it.
//
//	PUT /automation/api/v1/alerts/rules
func (api *AlertsAPI) SetRules(ctx context.Context, body SetAlertRulesBody, opts ...rest.Option) (*GetAlertRulesResponse, error) {
	return rest.JSON[*GetAlertRulesResponse](ctx, api.client, rest.Request{Method: "PUT", Path: "/automation/api/v1/alerts/rules", Body: body, Unwrap: "data"}, opts)
}

// GetAlertsStatus is the value of GetAlertsParams.Status.
type GetAlertsStatus string

// Values of GetAlertsStatus.
const (
	GetAlertsStatusActive   GetAlertsStatus = "active"
	GetAlertsStatusResolved GetAlertsStatus = "resolved"
	GetAlertsStatusAll      GetAlertsStatus = "all"
)

// GetAlertsParams is what AlertsAPI.Get may be asked.
type GetAlertsParams struct {
	// Extension: the last 1000 that were resolved are kept. Default: "active".
	Status *GetAlertsStatus `query:"status"`
}

// Alert is one of what AlertsAPI.Get lists.
type Alert struct {
	ID              string        `json:"id"`
	Severity        AlertSeverity `json:"severity"`
	Server          *string       `json:"server"`
	Title           string        `json:"title"`
	Description     string        `json:"description"`
	TriggeredAt     time.Time     `json:"triggered_at"`
	Acknowledged    bool          `json:"acknowledged"`
	AcknowledgedBy  *string       `json:"acknowledged_by"`
	AcknowledgedAt  *time.Time    `json:"acknowledged_at"`
	Acknowledgement *string       `json:"acknowledgement"`

	// Extension.
	Rule string `json:"rule"`

	// Extension: the name of the server, agent or key.
	Subject string `json:"subject"`

	Site *string `json:"site"`

	// Extension: what was measured when it was raised, in the rule's unit.
	Value float64 `json:"value"`

	// Extension.
	Threshold float64 `json:"threshold"`

	ResolvedAt *time.Time `json:"resolved_at"`
}

// AlertSeverity is the value of Alert.Severity.
type AlertSeverity string

// Values of AlertSeverity.
const (
	AlertSeverityCritical AlertSeverity = "critical"
	AlertSeverityWarning  AlertSeverity = "warning"
	AlertSeverityInfo     AlertSeverity = "info"
)

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
	// Why, or what is being done.
	Message string `json:"message"`

	// Default: the caller's name.
	AcknowledgedBy *string `json:"acknowledged_by,omitempty"`
}

// AcknowledgeAlertResponse is the response of AlertsAPI.Acknowledge.
type AcknowledgeAlertResponse = Alert

// AlertRule is one of what AlertsAPI.GetRules lists.
type AlertRule struct {
	Rule  AlertRuleRule `json:"rule"`
	Title string        `json:"title"`
	Unit  AlertRuleUnit `json:"unit"`

	// On which side of the threshold it is raised.
	Direction AlertRuleDirection `json:"direction"`

	Enabled  bool          `json:"enabled"`
	Severity AlertSeverity `json:"severity"`

	// Raised from here on, in the unit of the rule.
	Threshold float64 `json:"threshold"`

	// Resolved only from here on.
	ClearThreshold float64 `json:"clear_threshold"`

	WindowSeconds *int64 `json:"window_seconds"`
	MinimumCalls  *int64 `json:"minimum_calls"`
}

// AlertRuleRule is the value of AlertRule.Rule.
type AlertRuleRule string

// Values of AlertRuleRule.
const (
	AlertRuleRuleServerDown          AlertRuleRule = "server_down"
	AlertRuleRuleServerFlapping      AlertRuleRule = "server_flapping"
	AlertRuleRuleErrorRate           AlertRuleRule = "error_rate"
	AlertRuleRuleLatency             AlertRuleRule = "latency"
	AlertRuleRuleBreakerOpen         AlertRuleRule = "breaker_open"
	AlertRuleRuleUpdateFailed        AlertRuleRule = "update_failed"
	AlertRuleRuleAgentOffline        AlertRuleRule = "agent_offline"
	AlertRuleRuleSiteMemory          AlertRuleRule = "site_memory"
	AlertRuleRuleSiteDisk            AlertRuleRule = "site_disk"
	AlertRuleRuleServerMemory        AlertRuleRule = "server_memory"
	AlertRuleRuleServerDisk          AlertRuleRule = "server_disk"
	AlertRuleRuleCertificateExpiring AlertRuleRule = "certificate_expiring"
	AlertRuleRuleKeyExpiring         AlertRuleRule = "key_expiring"
)

// AlertRuleUnit is the value of AlertRule.Unit.
type AlertRuleUnit string

// Values of AlertRuleUnit.
const (
	AlertRuleUnitSeconds      AlertRuleUnit = "seconds"
	AlertRuleUnitCount        AlertRuleUnit = "count"
	AlertRuleUnitRatio        AlertRuleUnit = "ratio"
	AlertRuleUnitMilliseconds AlertRuleUnit = "milliseconds"
	AlertRuleUnitState        AlertRuleUnit = "state"
	AlertRuleUnitDays         AlertRuleUnit = "days"
)

// AlertRuleDirection is the value of AlertRule.Direction.
type AlertRuleDirection string

// Values of AlertRuleDirection.
const (
	AlertRuleDirectionAbove AlertRuleDirection = "above"
	AlertRuleDirectionBelow AlertRuleDirection = "below"
)

// GetAlertRulesResponse is the response of AlertsAPI.GetRules.
type GetAlertRulesResponse struct {
	Rules []AlertRule `json:"rules"`
}

// SetAlertRulesBody is the body of AlertsAPI.SetRules.
type SetAlertRulesBody struct {
	Rules []SetAlertRulesBodyRule `json:"rules"`
}

// SetAlertRulesBodyRule is the value of SetAlertRulesBody.Rules.
type SetAlertRulesBodyRule struct {
	Rule     AlertRuleRule  `json:"rule"`
	Enabled  *bool          `json:"enabled,omitempty"`
	Severity *AlertSeverity `json:"severity,omitempty"`

	// Raised from here on, in the unit of the rule.
	Threshold *float64 `json:"threshold,omitempty"`

	// Resolved only from here on.
	ClearThreshold *float64 `json:"clear_threshold,omitempty"`

	WindowSeconds rest.Nullable[int64] `json:"window_seconds,omitempty"`
	MinimumCalls  rest.Nullable[int64] `json:"minimum_calls,omitempty"`
}

// SetAlertRulesResponse is the response of AlertsAPI.SetRules.
type SetAlertRulesResponse = GetAlertRulesResponse
