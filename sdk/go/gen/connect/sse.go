// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

package connect

import (
	"context"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// SSEAPI has the operations of MCP Connect on sse.
type SSEAPI struct{ client *rest.Client }

// StreamEvents: Server-Sent Events: the events of the fleet as they happen. The stream resumes where it was after a
// lost connection.
//
//	GET /connect/api/sse/events
func (api *SSEAPI) StreamEvents(ctx context.Context, params *StreamEventsParams, opts ...rest.Option) (*rest.EventsOf[ServerEvent], error) {
	return rest.FollowOf[ServerEvent](ctx, api.client, rest.Request{Method: "GET", Path: "/connect/api/sse/events", Query: params}, nil, opts)
}

// CreateTicket: A ticket for one event stream, valid for 30 s: browsers' EventSource cannot send a header. The API’s
// document does not have it.
//
//	POST /connect/api/sse/tickets
func (api *SSEAPI) CreateTicket(ctx context.Context, opts ...rest.Option) (*CreateTicketResponse, error) {
	return rest.JSON[*CreateTicketResponse](ctx, api.client, rest.Request{Method: "POST", Path: "/connect/api/sse/tickets", Unwrap: "data"}, opts)
}

// StreamEventsParams is the parameters of SSEAPI.StreamEvents.
type StreamEventsParams struct {
	// Comma-separated event types to subscribe.
	Types []EventType `query:"types"`

	// Comma-separated server ids (or names) to filter.
	Servers []string `query:"servers"`

	// Extension: stands for `Last-Event-ID`, where that cannot be sent.
	LastEventID *string `query:"lastEventId"`

	// Extension: stands for the credential; see `POST /api/sse/tickets`.
	Ticket *string `query:"ticket"`
}

// CreateTicketResponse is the response of SSEAPI.CreateTicket.
type CreateTicketResponse struct {
	Ticket string `json:"ticket"`

	// UTC, ISO 8601.
	ExpiresAt time.Time `json:"expiresAt"`
}
