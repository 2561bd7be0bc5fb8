// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// EntitiesAPI has the operations of MCP Backend on entities.
type EntitiesAPI struct{ client *rest.Client }

// Get: Anything that the hub knows, with what it belongs to. entityType: One of server, group, agent, site, device,
// cluster, catalog_entry, job, workflow_run, mcp_definition, external_db_config, user, api_key; `mcp-definitions` is
// `mcp_definition`.
//
//	GET /backend/api/v1/entities/{entity_type}/{entity_id}
func (api *EntitiesAPI) Get(ctx context.Context, entityType, entityID string, opts ...rest.Option) (*GetEntityResponse, error) {
	return rest.JSON[*GetEntityResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/entities/{entity_type}/{entity_id}", Args: []string{entityType, entityID}}, opts)
}

// GetEntityRelatedEntity is one of what EntitiesAPI.Get lists.
type GetEntityRelatedEntity struct {
	ID           string                     `json:"id"`
	Type         GetEntityRelatedEntityType `json:"type"`
	Relationship string                     `json:"relationship"`
}

// GetEntityRelatedEntityType is the value of GetEntityRelatedEntity.Type.
type GetEntityRelatedEntityType string

// Values of GetEntityRelatedEntityType.
const (
	GetEntityRelatedEntityTypeServer           GetEntityRelatedEntityType = "server"
	GetEntityRelatedEntityTypeGroup            GetEntityRelatedEntityType = "group"
	GetEntityRelatedEntityTypeAgent            GetEntityRelatedEntityType = "agent"
	GetEntityRelatedEntityTypeSite             GetEntityRelatedEntityType = "site"
	GetEntityRelatedEntityTypeDevice           GetEntityRelatedEntityType = "device"
	GetEntityRelatedEntityTypeCluster          GetEntityRelatedEntityType = "cluster"
	GetEntityRelatedEntityTypeCatalogEntry     GetEntityRelatedEntityType = "catalog_entry"
	GetEntityRelatedEntityTypeJob              GetEntityRelatedEntityType = "job"
	GetEntityRelatedEntityTypeWorkflowRun      GetEntityRelatedEntityType = "workflow_run"
	GetEntityRelatedEntityTypeMCPDefinition    GetEntityRelatedEntityType = "mcp_definition"
	GetEntityRelatedEntityTypeExternalDBConfig GetEntityRelatedEntityType = "external_db_config"
	GetEntityRelatedEntityTypeUser             GetEntityRelatedEntityType = "user"
	GetEntityRelatedEntityTypeAPIKey           GetEntityRelatedEntityType = "api_key"
)

// GetEntityResponse is the response of EntitiesAPI.Get.
type GetEntityResponse struct {
	ID              string                     `json:"id"`
	Type            GetEntityRelatedEntityType `json:"type"`
	Data            map[string]any             `json:"data"`
	RelatedEntities []GetEntityRelatedEntity   `json:"related_entities"`
}
