// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package portal

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// OperationsAPI has the operations of MCP Portal on operations.
type OperationsAPI struct{ client *rest.Client }

// Get: The state of an operation. id: `op_…` or `bulk_op_…`.
//
//	GET /portal/api/v1/operations/{id}
func (api *OperationsAPI) Get(ctx context.Context, id string, opts ...rest.Option) (*GetOperationResponse, error) {
	return rest.JSON[*GetOperationResponse](ctx, api.client, rest.Request{Method: "GET", Path: "/portal/api/v1/operations/{id}", Args: []string{id}}, opts)
}

// GetOperationResponse is the response of OperationsAPI.Get.
type GetOperationResponse struct {
	OperationID string `json:"operation_id"`

	// `failed`: all servers did.
	Status GetOperationResponseStatus `json:"status"`

	Total     int64           `json:"total"`
	Completed int64           `json:"completed"`
	Failed    int64           `json:"failed"`
	Details   []ServerOutcome `json:"details"`
}

// GetOperationResponseStatus is the value of GetOperationResponse.Status.
type GetOperationResponseStatus string

// Values of GetOperationResponseStatus.
const (
	GetOperationResponseStatusInProgress GetOperationResponseStatus = "in_progress"
	GetOperationResponseStatusCompleted  GetOperationResponseStatus = "completed"
	GetOperationResponseStatusFailed     GetOperationResponseStatus = "failed"
)
