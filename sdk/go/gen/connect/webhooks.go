// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// WebhooksAPI has the operations of MCP Connect on webhooks.
type WebhooksAPI struct{ client *rest.Client }

// List: List all webhook subscriptions.
//
//	GET /connect/api/webhooks
func (api *WebhooksAPI) List(ctx context.Context, opts ...rest.Option) ([]Webhook, error) {
	return rest.JSON[[]Webhook](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/webhooks", Unwrap: "data"}, opts)
}

// Create: Create a webhook subscription; its whole secret is shown only now.
//
//	POST /connect/api/webhooks
func (api *WebhooksAPI) Create(ctx context.Context, body CreateWebhookBody, opts ...rest.Option) (*Webhook, error) {
	return rest.JSON[*Webhook](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/webhooks", Body: body, Unwrap: "data"}, opts)
}

// Update: Change a webhook subscription, enable or disable it; absent fields stay. id: Id of the webhook. The API’s
// document does not have it.
//
//	PUT /connect/api/webhooks/{id}
func (api *WebhooksAPI) Update(ctx context.Context, id string, body UpdateWebhookBody, opts ...rest.Option) (*Webhook, error) {
	return rest.JSON[*Webhook](ctx, api.client, rest.Request{Method: "PUT", Path: "/connect/api/webhooks/{id}", Args: []string{id}, Body: body, Unwrap: "data"}, opts)
}

// Delete: Delete a webhook subscription and its waiting deliveries. id: Id of the webhook.
//
//	DELETE /connect/api/webhooks/{id}
func (api *WebhooksAPI) Delete(ctx context.Context, id string, opts ...rest.Option) (*rest.Message, error) {
	return rest.JSON[*rest.Message](ctx, api.client, rest.Request{Method: "DELETE", Path: "/connect/api/webhooks/{id}", Args: []string{id}}, opts)
}

// Test: Send a test delivery, once, and return its outcome. id: Id of the webhook.
//
//	POST /connect/api/webhooks/{id}/test
func (api *WebhooksAPI) Test(ctx context.Context, id string, opts ...rest.Option) (*TestWebhookResponse, error) {
	return rest.JSON[*TestWebhookResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/webhooks/{id}/test", Args: []string{id}, Unwrap: "data"}, opts)
}

// ListDeliveries: Get webhook delivery history, newest first. id: Id of the webhook.
//
//	GET /connect/api/webhooks/{id}/deliveries
func (api *WebhooksAPI) ListDeliveries(ctx context.Context, id string, params *ListDeliveriesParams, opts ...rest.Option) ([]WebhookDelivery, error) {
	return rest.JSON[[]WebhookDelivery](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/webhooks/{id}/deliveries", Args: []string{id}, Query: params, Unwrap: "data"}, opts)
}

// Redeliver: Begin a failed delivery again. id: Id of the webhook. deliveryID: Id of the delivery. The API’s document
// does not have it.
//
//	POST /connect/api/webhooks/{id}/deliveries/{deliveryId}/redeliver
func (api *WebhooksAPI) Redeliver(ctx context.Context, id, deliveryID string, opts ...rest.Option) (*WebhookDelivery, error) {
	return rest.JSON[*WebhookDelivery](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/webhooks/{id}/deliveries/{deliveryId}/redeliver", Args: []string{id, deliveryID}, Unwrap: "data"}, opts)
}

// CreateWebhookBody is the body of WebhooksAPI.Create.
type CreateWebhookBody struct {
	URL    string         `json:"url"`
	Events []WebhookEvent `json:"events"`

	// Made at random by default. `whsec_` and base64, or any text: its bytes then are the key.
	Secret *string `json:"secret,omitempty"`

	// Default: true.
	Enabled *bool `json:"enabled,omitempty"`
}

// CreateWebhookResponse is the response of WebhooksAPI.Create.
type CreateWebhookResponse = Webhook

// UpdateWebhookBody is the body of WebhooksAPI.Update.
type UpdateWebhookBody struct {
	URL    *string        `json:"url,omitempty"`
	Events []WebhookEvent `json:"events,omitempty"`

	// Needed with another URL. `whsec_` and base64, or any text: its bytes then are the key.
	Secret *string `json:"secret,omitempty"`

	Enabled *bool `json:"enabled,omitempty"`
}

// UpdateWebhookResponse is the response of WebhooksAPI.Update.
type UpdateWebhookResponse = Webhook

// TestWebhookResponse is the response of WebhooksAPI.Test.
type TestWebhookResponse struct {
	DeliveryID string `json:"deliveryId"`

	// `null` where there was no answer.
	StatusCode *int64 `json:"statusCode"`

	DurationMs int64   `json:"durationMs"`
	Error      *string `json:"error"`
}

// ListDeliveriesStatus is the value of ListDeliveriesParams.Status.
type ListDeliveriesStatus string

// Values of ListDeliveriesStatus.
const (
	ListDeliveriesStatusSuccess ListDeliveriesStatus = "success"
	ListDeliveriesStatusFailed  ListDeliveriesStatus = "failed"
	ListDeliveriesStatusPending ListDeliveriesStatus = "pending"
)

// ListDeliveriesParams is the parameters of WebhooksAPI.ListDeliveries.
type ListDeliveriesParams struct {
	// Only deliveries with this status.
	Status *ListDeliveriesStatus `query:"status"`

	// Deliveries to return at most. Default: 20.
	Limit *int64 `query:"limit"`
}

// RedeliverResponse is the response of WebhooksAPI.Redeliver.
type RedeliverResponse = WebhookDelivery

// Redeliver is an item of WebhooksAPI.Redeliver.
type Redeliver struct {
	// UTC, ISO 8601.
	Timestamp time.Time `json:"timestamp"`

	// `null` where there was no answer.
	StatusCode *int64 `json:"statusCode"`

	DurationMs int64   `json:"durationMs"`
	Error      *string `json:"error"`
}
