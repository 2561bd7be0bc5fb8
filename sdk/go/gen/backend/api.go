// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

// Package backend is MCP Backend: its operations, and the types of their inputs and results.
package backend

import (
	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// API is MCP Backend, its operations by noun.
type API struct {
	MCPDefinitions    *MCPDefinitionsAPI
	WorkflowRuns      *WorkflowRunsAPI
	ExternalDBConfigs *ExternalDBConfigsAPI
	Dashboard         *DashboardAPI
	Entities          *EntitiesAPI
	Metrics           *MetricsAPI
	APIKeys           *APIKeysAPI
	Health            *HealthAPI
}

// New gives the API of a client; roundhouse.New does this for all of them.
func New(client *rest.Client) *API {
	return &API{
		MCPDefinitions:    &MCPDefinitionsAPI{client: client},
		WorkflowRuns:      &WorkflowRunsAPI{client: client},
		ExternalDBConfigs: &ExternalDBConfigsAPI{client: client},
		Dashboard:         &DashboardAPI{client: client},
		Entities:          &EntitiesAPI{client: client},
		Metrics:           &MetricsAPI{client: client},
		APIKeys:           &APIKeysAPI{client: client},
		Health:            &HealthAPI{client: client},
	}
}
