package roundhouse

import (
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/rest"
)

// Names of package rest that programs need; it says more of them.
type (
	// Config is how a client asks.
	Config = rest.Config
	// Credentials are the proof of identity that a client sends to the hub.
	Credentials = rest.Credentials
	// Error is how every call fails.
	Error = rest.Error
	// Event is a server-sent event.
	Event = rest.Event
	// Events is a stream of events.
	Events = rest.Events
	// Body is an answer to be read.
	Body = rest.Body
	// Filter is a condition on a field of the listed items.
	Filter = rest.Filter
	// Message is the answer of a call without a result.
	Message = rest.Message
	// Meta is the part of an answer that is not its result.
	Meta = rest.Meta
	// Logger takes lines.
	Logger = rest.Logger
	// Option is something special about one call.
	Option = rest.Option
	// Retry is a call that is sent again.
	Retry = rest.Retry
)

// Codes of errors that do not come from the hub.
const (
	CodeInvalidArgument  = rest.CodeInvalidArgument
	CodeConnectionFailed = rest.CodeConnectionFailed
	CodeCallTimeout      = rest.CodeCallTimeout
	CodeCanceled         = rest.CodeCanceled
	CodeInvalidAnswer    = rest.CodeInvalidAnswer
)

// APIKey is a key of any of the APIs, or an access token.
func APIKey(key string) Credentials { return rest.APIKey(key) }

// Password signs in as a user. The token is refreshed before it expires, and when the hub refuses it.
func Password(username, password string) Credentials { return rest.Password(username, password) }

// Ptr gives a pointer to a value: for fields that may be left out.
func Ptr[T any](value T) *T { return rest.Ptr(value) }

// Value is the value of a member that may also be null or left out.
func Value[T any](value T) rest.Nullable[T] { return rest.Value(value) }

// Null is a member that is null. It clears a value that was set before.
func Null[T any]() rest.Nullable[T] { return rest.Null[T]() }

// StatusOf gives the HTTP status of an error; 0 if there was no answer.
func StatusOf(err error) int { return rest.StatusOf(err) }

// CodeOf gives the code of an error; empty for errors of others.
func CodeOf(err error) string { return rest.CodeOf(err) }

// WithTimeout bounds one call, its retries included. Streams have no timeout but their context's.
func WithTimeout(timeout time.Duration) Option { return rest.WithTimeout(timeout) }

// WithHeader sends a header along.
func WithHeader(name, value string) Option { return rest.WithHeader(name, value) }

// WithQuery adds a query parameter, such as a parameter that this version of the module does not know.
func WithQuery(name, value string) Option { return rest.WithQuery(name, value) }

// WithoutRetries sends the request once.
func WithoutRetries() Option { return rest.WithoutRetries() }

// WithMeta writes the metadata of the answer, such as the request id, into meta.
func WithMeta(meta *Meta) Option { return rest.WithMeta(meta) }

// WithLastEventID begins a stream after an event, with the events since then.
func WithLastEventID(id string) Option { return rest.WithLastEventID(id) }
