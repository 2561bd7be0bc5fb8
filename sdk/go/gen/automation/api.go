// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

// Package automation is MCP Automation System: its operations, and the types of their inputs and results.
package automation

import (
	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// API is MCP Automation System, its operations by noun.
type API struct {
	Auth          *AuthAPI
	Status        *StatusAPI
	Info          *InfoAPI
	Servers       *ServersAPI
	Updates       *UpdatesAPI
	Tests         *TestsAPI
	Cleanup       *CleanupAPI
	Orchestration *OrchestrationAPI
	Jobs          *JobsAPI
	Logs          *LogsAPI
	Alerts        *AlertsAPI
	Health        *HealthAPI
	Metrics       *MetricsAPI
}

// New gives the API of a client; roundhouse.New does this for all of them.
func New(client *rest.Client) *API {
	return &API{
		Auth:          &AuthAPI{client: client},
		Status:        &StatusAPI{client: client},
		Info:          &InfoAPI{client: client},
		Servers:       &ServersAPI{client: client},
		Updates:       &UpdatesAPI{client: client},
		Tests:         &TestsAPI{client: client},
		Cleanup:       &CleanupAPI{client: client},
		Orchestration: &OrchestrationAPI{client: client},
		Jobs:          &JobsAPI{client: client},
		Logs:          &LogsAPI{client: client},
		Alerts:        &AlertsAPI{client: client},
		Health:        &HealthAPI{client: client},
		Metrics:       &MetricsAPI{client: client},
	}
}
