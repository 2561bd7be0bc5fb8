// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

// Package portal is MCP Portal: its operations, and the types of their inputs and results.
package portal

import (
	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// API is MCP Portal, its operations by noun.
type API struct {
	Auth       *AuthAPI
	Servers    *ServersAPI
	Operations *OperationsAPI
	Catalog    *CatalogAPI
	Config     *ConfigAPI
	Admin      *AdminAPI
	Status     *StatusAPI
	Health     *HealthAPI
}

// New gives the API of a client; roundhouse.New does this for all of them.
func New(client *rest.Client) *API {
	return &API{
		Auth:       &AuthAPI{client: client},
		Servers:    &ServersAPI{client: client},
		Operations: &OperationsAPI{client: client},
		Catalog:    &CatalogAPI{client: client},
		Config:     &ConfigAPI{client: client},
		Admin:      &AdminAPI{client: client},
		Status:     &StatusAPI{client: client},
		Health:     &HealthAPI{client: client},
	}
}
