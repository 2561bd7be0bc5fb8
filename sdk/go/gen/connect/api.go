// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

// Package connect is MCP Connect: its operations, and the types of their inputs and results.
package connect

import (
	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// API is MCP Connect, its operations by noun.
type API struct {
	Servers   *ServersAPI
	OAuth     *OAuthAPI
	Tools     *ToolsAPI
	Groups    *GroupsAPI
	Templates *TemplatesAPI
	Registry  *RegistryAPI
	Favorites *FavoritesAPI
	Cache     *CacheAPI
	Audit     *AuditAPI
	Monitor   *MonitorAPI
	Webhooks  *WebhooksAPI
	SSE       *SSEAPI
	Agents    *AgentsAPI
	Sites     *SitesAPI
	Keys      *KeysAPI
	Users     *UsersAPI
	Backups   *BackupsAPI
	Session   *SessionAPI
	Health    *HealthAPI
	Metrics   *MetricsAPI
	Federate  *FederateAPI
	Sd        *SdAPI
}

// New gives the API of a client; roundhouse.New does this for all of them.
func New(client *rest.Client) *API {
	return &API{
		Servers:   &ServersAPI{client: client},
		OAuth:     &OAuthAPI{client: client},
		Tools:     &ToolsAPI{client: client},
		Groups:    &GroupsAPI{client: client},
		Templates: &TemplatesAPI{client: client},
		Registry:  &RegistryAPI{client: client},
		Favorites: &FavoritesAPI{client: client},
		Cache:     &CacheAPI{client: client},
		Audit:     &AuditAPI{client: client},
		Monitor:   &MonitorAPI{client: client},
		Webhooks:  &WebhooksAPI{client: client},
		SSE:       &SSEAPI{client: client},
		Agents:    &AgentsAPI{client: client},
		Sites:     &SitesAPI{client: client},
		Keys:      &KeysAPI{client: client},
		Users:     &UsersAPI{client: client},
		Backups:   &BackupsAPI{client: client},
		Session:   &SessionAPI{client: client},
		Health:    &HealthAPI{client: client},
		Metrics:   &MetricsAPI{client: client},
		Federate:  &FederateAPI{client: client},
		Sd:        &SdAPI{client: client},
	}
}
