package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Event is a server-sent event.
type Event struct {
	// ID of the event; empty for an event without one.
	ID string

	// Type such as server.connected.
	Type string

	// Data, in JSON.
	Data json.RawMessage
}

// Decode reads the data into a value, as json.Unmarshal does.
func (e Event) Decode(into any) error { return json.Unmarshal(e.Data, into) }

// How long is waited before a lost stream is asked for again; where the hub says more, that is waited at least.
const mostStreamBackoff = 20 * time.Second

// Events is a stream of events. It must be closed, unless Next has given false.
//
// When its connection is lost, a stream that Follow opened asks for the missed events, until its context is over or it is closed. An event
// of type "reset" says that the hub no longer has the missed events.
type Events struct {
	client   *Client
	ctx      context.Context
	cancel   context.CancelFunc
	prepared *call
	resumes  bool
	isFinal  func(Event) bool

	from   *stream
	parser *eventParser
	lastID string
	retry  time.Duration
	lost   int
	item   Event
	err    error
	ended  bool
	done   bool

	mu     sync.Mutex
	closed bool
}

// Follow opens a stream that resumes. isFinal tells the event that is the last; nil: the hub's 204 does.
func Follow(ctx context.Context, c *Client, request Request, isFinal func(Event) bool, opts []Option) (*Events, error) {
	return newEvents(ctx, c, request, true, isFinal, opts)
}

// EventsOf is a stream whose events have a type: a union of all that it tells.
type EventsOf[T any] struct{ *Events }

// FollowOf is Follow for a stream whose events have a type.
func FollowOf[T any](ctx context.Context, c *Client, request Request, isFinal func(Event) bool, opts []Option) (*EventsOf[T], error) {
	events, err := Follow(ctx, c, request, isFinal, opts)
	if err != nil {
		return nil, err
	}
	return &EventsOf[T]{events}, nil
}

// Event gives the event that Next came to, with its type. One whose type this version of the module does not know is in the member Raw.
func (e *EventsOf[T]) Event() (T, error) {
	var event T
	item := e.Item()
	text, err := json.Marshal(map[string]any{"type": item.Type, "id": item.ID, "data": item.Data})
	if err == nil {
		err = json.Unmarshal(text, &event)
	}
	return event, err
}

// Listen opens a stream that belongs to one request, and ends with it. An event of type "error" is its Err.
func Listen(ctx context.Context, c *Client, request Request, opts []Option) (*Events, error) {
	return newEvents(ctx, c, request, false, nil, opts)
}

func newEvents(ctx context.Context, c *Client, request Request, resumes bool, isFinal func(Event) bool, opts []Option) (*Events, error) {
	prepared, err := c.prepare(request, "text/event-stream", opts)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	events := &Events{client: c, ctx: ctx, cancel: cancel, prepared: prepared, resumes: resumes, isFinal: isFinal}
	events.lastID = prepared.header.Get("Last-Event-ID")
	if err := events.connect(); err != nil {
		cancel()
		return nil, err
	}
	return events, nil
}

// WithLastEventID begins a stream after an event, with the events since then.
func WithLastEventID(id string) Option { return WithHeader("Last-Event-ID", id) }

// connect opens the connection, after the last event that was read.
func (e *Events) connect() error {
	if e.lastID != "" {
		e.prepared.header.Set("Last-Event-ID", e.lastID)
	}
	from, err := e.client.open(e.ctx, e.prepared, e.client.config.IdleTimeout)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.from = from
	e.parser = newEventParser(from, e.client.config.MaxAnswerBytes)
	e.ended = from.response.StatusCode == http.StatusNoContent
	if e.closed {
		from.Close()
	}
	return nil
}

// Next waits for the next event; false when the stream has ended, was closed or cannot go on: Err says which.
func (e *Events) Next() bool {
	for !e.done && e.err == nil && !e.ended && !e.isClosed() {
		event, err := e.parser.next()
		e.lastID = e.parser.lastID(e.lastID)
		if err == nil {
			if e.take(event) {
				return true
			}
			continue
		}
		e.from.Close()
		// Another connection would bring the same again.
		if !e.resumes || CodeOf(err) == CodeInvalidAnswer {
			e.ended = true
			if !isEnd(err) {
				e.err = err
			}
			break
		}
		e.resume()
	}
	if !e.done {
		e.done = true
		// An error is no failure if the reader has closed the stream.
		if e.isClosed() {
			e.err = nil
		}
		e.Close()
	}
	return false
}

// take looks at an event, and tells whether it is for who reads.
func (e *Events) take(event Event) bool {
	e.lost = 0
	if !e.resumes && event.Type == "error" {
		failure, ok := parseError(event.Data)
		if !ok {
			failure = &Error{Code: CodeInvalidAnswer, Message: "the call failed"}
		}
		e.err = failure
		return false
	}
	// The hub says why it ends a connection, such as its own shutdown; the stream goes on with another one.
	if e.resumes && event.Type == "close" {
		return false
	}
	e.item = event
	e.ended = e.isFinal != nil && e.isFinal(event)
	return true
}

// resume asks for the stream again until it is there, or the hub says that it will not be.
func (e *Events) resume() {
	for {
		wait := backoff(e.lost)
		if asked := e.parser.retry; asked > wait {
			// All clients of a hub that restarts are told the same.
			wait = asked + wait/2
		}
		if wait > mostStreamBackoff {
			wait = mostStreamBackoff
		}
		e.lost++
		if e.err = pause(e.ctx, wait); e.err != nil {
			return
		}
		if e.err = e.connect(); e.err == nil || !mayPass(e.err) {
			return
		}
	}
}

// mayPass tells whether a retry may succeed: the hub did not answer, was too busy, or failed itself.
func mayPass(err error) bool {
	status := StatusOf(err)
	return CodeOf(err) == CodeConnectionFailed || status == http.StatusTooManyRequests || status >= 500
}

// Item gives the event that Next came to.
func (e *Events) Item() Event { return e.item }

// LastID is the id after which the stream goes on; for WithLastEventID.
func (e *Events) LastID() string { return e.lastID }

// Err tells why the stream ended; nil where it came to its end or was closed.
func (e *Events) Err() error { return e.err }

// All is an iterator as `range` takes it; the stream is closed when it is left.
func (e *Events) All() func(yield func(Event, error) bool) {
	return all[Event](e, func() { e.Close() })
}

// Close ends the stream; a Next under way gives false. It may be called by another goroutine, and more than once.
func (e *Events) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.cancel()
	return e.from.Close()
}

func (e *Events) isClosed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

// RunIsOver tells the last event of a workflow run's stream.
func RunIsOver(event Event) bool {
	var change struct {
		Status string `json:"status"`
	}
	if event.Type != "status_change" || event.Decode(&change) != nil {
		return false
	}
	return IsOver(change.Status)
}

// IsOver tells whether a job, run, update or operation of a status has ended.
func IsOver(status string) bool {
	return status == "completed" || status == "failed" || status == "cancelled"
}
