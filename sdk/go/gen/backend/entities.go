// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package backend

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// EntitiesAPI has the operations of MCP Backend on entities.
type EntitiesAPI struct{ client *rest.Client }

// Get: Any record of the hub, with the records that it belongs to. entityType: One of server, group, agent, site,
// device, cluster, catalog_entry, job, workflow_run, mcp_definition, external_db_config, user, api_key;
// `mcp-definitions` is `mcp_definition`. entityID: Id of the entity.
//
//	GET /backend/api/v1/entities/{entity_type}/{entity_id}
func (api *EntitiesAPI) Get(ctx context.Context, entityType, entityID string, opts ...rest.Option) (*RelatedEntity, error) {
	return rest.JSON[*RelatedEntity](ctx, api.client, rest.Request{Method: "GET", Path: "/backend/api/v1/entities/{entity_type}/{entity_id}", Args: []string{entityType, entityID}}, opts)
}

// GetEntityResponse is the response of EntitiesAPI.Get.
type GetEntityResponse = RelatedEntity

// GetEntity is an item of EntitiesAPI.Get.
type GetEntity struct {
	ID           string     `json:"id"`
	Type         EntityType `json:"type"`
	Relationship string     `json:"relationship"`
}
