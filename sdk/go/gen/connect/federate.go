// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// FederateAPI has the operations of MCP Connect on federate.
type FederateAPI struct{ client *rest.Client }

// Federate: Chosen series, for another Prometheus. The API’s document does not have it.
//
//	GET /connect/federate
func (api *FederateAPI) Federate(ctx context.Context, params *FederateParams, opts ...rest.Option) (string, error) {
	return rest.Text(ctx, api.client, rest.Request{Method: "GET", Path: "/connect/federate", Query: params}, opts)
}

// FederateParams is the parameters of FederateAPI.Federate.
type FederateParams struct {
	// Selectors of Prometheus, such as `{site="berlin"}`. Without one, the answer is empty.
	Match []string `query:"match[]"`
}
