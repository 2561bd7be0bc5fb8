// Code generated from the OpenAPI documents by sdk/go/generate. DO NOT EDIT.

// Package behaviour holds the module's defaults, and its own error codes.
package behaviour

import "time"

// Defaults.
const (
	// Timeout: how long a call may take; more than the 60 s that a tool call has by default.
	Timeout = 75000 * time.Millisecond

	// TimeoutMargin: how much longer than its own limit a call may take whose body names one (`timeoutMs`, or `timeout`
	// in seconds).
	TimeoutMargin = 15000 * time.Millisecond

	// Retries: how often a call is sent again at most, where that is safe.
	Retries = 2

	// MaxRetryWait: the longest wait before a call is sent again; if the hub asks for more, the call fails at once.
	MaxRetryWait = 60000 * time.Millisecond

	// FirstBackoff: the wait before the first retry where the hub names none; it doubles each time.
	FirstBackoff = 500 * time.Millisecond

	// MaxBackoff: the longest of these waits.
	MaxBackoff = 8000 * time.Millisecond
)

// Codes of errors that are no answer of the hub.
const (
	// CodeConnectionFailed: The hub did not answer, or the connection broke before the answer was complete.
	// `details.outcome` of a call that changes something is `not_run` or `unknown`.
	CodeConnectionFailed = "CONNECTION_FAILED"

	// CodeCallTimeout: The time of the call, or of a wait for a job, is over.
	CodeCallTimeout = "CALL_TIMEOUT"

	// CodeInvalidAnswer: The answer is not of the documented form, such as a proxy’s.
	CodeInvalidAnswer = "INVALID_ANSWER"

	// CodeCanceled: The context of the call was canceled.
	CodeCanceled = "CANCELED"

	// CodeInvalidArgument: The call was not sent, since an argument cannot be meant.
	CodeInvalidArgument = "INVALID_ARGUMENT"
)
