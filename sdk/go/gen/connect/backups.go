// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// BackupsAPI has the operations of MCP Connect on backups.
type BackupsAPI struct{ client *rest.Client }

// Create: A consistent copy of the live store, as one file. The API’s document does not have it.
//
//	POST /connect/api/backups
func (api *BackupsAPI) Create(ctx context.Context, body *CreateBackupBody, opts ...rest.Option) (*rest.Body, error) {
	return rest.Open(ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/backups", Body: body}, opts)
}

// CreateBackupBody is the body of BackupsAPI.Create.
type CreateBackupBody struct {
	// Default: false.
	WithSealingKey *bool `json:"withSealingKey,omitempty"`
}
