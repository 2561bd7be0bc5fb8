package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/gen/behaviour"
)

// Codes of errors that are no answer of the hub.
const (
	CodeInvalidArgument  = behaviour.CodeInvalidArgument
	CodeConnectionFailed = behaviour.CodeConnectionFailed
	CodeCallTimeout      = behaviour.CodeCallTimeout
	CodeCanceled         = behaviour.CodeCanceled
	CodeInvalidAnswer    = behaviour.CodeInvalidAnswer
)

// Error is how every call fails; errors.As finds it. It never has a credential in it.
type Error struct {
	// Code of the API that was called, such as RESOURCE_NOT_FOUND; or one of this package.
	Code string

	// Status of the answer; 0 if there was none.
	Status int

	Message string

	// Details of the API; may be nil.
	Details map[string]any

	// RequestID under which the hub's log has the call; may be empty.
	RequestID string

	// RetryAfter is how long the hub asks to wait; 0 where it does not.
	RetryAfter time.Duration

	cause error
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("roundhouse: %s (%s)", e.Message, e.Code)
	}
	return fmt.Sprintf("roundhouse: %s (%s, status %d)", e.Message, e.Code, e.Status)
}

// tooLong is the error for an answer, an event or a line that is too long.
func tooLong(what string, most int64) *Error {
	return &Error{Code: CodeInvalidAnswer, Message: fmt.Sprintf("%s is longer than %d bytes (MaxAnswerBytes)", what, most)}
}

// Unwrap gives the cause, such as context.Canceled.
func (e *Error) Unwrap() error { return e.cause }

// StatusOf gives the HTTP status of an error of this package; 0 for other errors, and if there was no answer.
func StatusOf(err error) int {
	var failure *Error
	if errors.As(err, &failure) {
		return failure.Status
	}
	return 0
}

// CodeOf gives the code of an error of this package; empty for others.
func CodeOf(err error) string {
	var failure *Error
	if errors.As(err, &failure) {
		return failure.Code
	}
	return ""
}

func invalid(message string) *Error {
	return &Error{Code: CodeInvalidArgument, Message: message}
}

// printed is an error in the form of any of the APIs.
type printed struct {
	// A message in the Connect API; else an object.
	Error   json.RawMessage `json:"error"`
	Code    json.RawMessage `json:"code"`
	Message string          `json:"message"`
	Detail  string          `json:"detail"`
	Details map[string]any  `json:"details"`
	Data    map[string]any  `json:"data"`
}

// parseError reads the error in an answer's body; false if the body has no form of the APIs.
func parseError(body []byte) (*Error, bool) {
	var outer printed
	if json.Unmarshal(body, &outer) != nil {
		return nil, false
	}
	if outer.Detail != "" {
		return &Error{Code: plain(outer.Code), Message: outer.Detail, Details: outer.Details}, true
	}
	var message string
	if json.Unmarshal(outer.Error, &message) == nil && message != "" {
		return &Error{Code: plain(outer.Code), Message: message, Details: outer.Details}, true
	}
	var inner printed
	if json.Unmarshal(outer.Error, &inner) != nil || len(inner.Code) == 0 {
		return nil, false
	}
	if inner.Details == nil {
		inner.Details = inner.Data
	}
	return &Error{Code: plain(inner.Code), Message: inner.Message, Details: inner.Details}, true
}

// plain is a code as text; in MCP it is a number.
func plain(code json.RawMessage) string {
	var text string
	if json.Unmarshal(code, &text) == nil {
		return text
	}
	return string(code)
}

func errorOf(response *http.Response, body []byte) *Error {
	failure, ok := parseError(body)
	if target, err := response.Location(); err == nil && response.StatusCode < http.StatusBadRequest {
		// The other host would get the request's body.
		message := fmt.Sprintf("The address redirects to %s://%s, and redirects are not followed", target.Scheme, target.Host)
		failure = &Error{Code: CodeInvalidAnswer, Message: message}
	} else if !ok {
		failure = &Error{Code: CodeInvalidAnswer, Message: http.StatusText(response.StatusCode)}
	}
	failure.Status = response.StatusCode
	failure.RequestID = response.Header.Get("X-Request-Id")
	failure.RetryAfter = retryAfter(response.Header.Get("Retry-After"))
	return failure
}

// retryAfter reads seconds, or a date.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil && time.Until(date) > 0 {
		return time.Until(date)
	}
	return 0
}
