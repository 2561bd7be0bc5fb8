package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/gen/behaviour"
)

// maxErrorBytes of a failed call are read.
const maxErrorBytes = 1 << 20

// send sends a request until it succeeds or may not be sent again, and gives the response to take, which closes its body.
func (c *Client) send(ctx context.Context, prepared *call, take func(*http.Response) error) error {
	began := time.Now()
	err := c.attempts(ctx, prepared, take)
	if failure, ok := err.(*Error); ok && failure.Code == CodeCallTimeout {
		failure.Message = fmt.Sprintf("no answer from %s within %s", c.base, time.Since(began).Round(time.Millisecond))
	}
	return err
}

func (c *Client) attempts(ctx context.Context, prepared *call, take func(*http.Response) error) error {
	renewed := false
	for attempt := 0; ; attempt++ {
		token, err := c.token(ctx, prepared)
		if err != nil {
			return err
		}
		failure := c.once(ctx, prepared, token, take)
		if failure == nil {
			return nil
		}
		if ctx.Err() != nil {
			return interrupted(ctx)
		}
		if failure.Status == http.StatusUnauthorized && !renewed && token != "" && c.auth.renew(token) {
			renewed = true
			attempt--
			continue
		}
		if attempt >= prepared.retries || !Retryable(prepared.request.Method, failure) {
			return failure
		}
		wait := backoff(attempt)
		if failure.RetryAfter > wait {
			wait = failure.RetryAfter
		}
		// A caller that cannot wait so long gets the failure at once.
		if deadline, has := ctx.Deadline(); wait > c.config.MaxRetryWait || has && time.Until(deadline) < wait {
			return failure
		}
		c.logf("%s %s is sent again in %s: %s", prepared.request.Method, prepared.path, wait.Round(time.Millisecond), failure)
		if c.config.OnRetry != nil {
			c.config.OnRetry(Retry{prepared.request.Method, prepared.path, attempt + 1, wait, failure})
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

func (c *Client) logf(format string, values ...any) {
	if c.config.Logger != nil {
		c.config.Logger.Printf("roundhouse: "+format, values...)
	}
}

func (c *Client) token(ctx context.Context, prepared *call) (string, error) {
	if c.auth == nil || prepared.request.Anonymous {
		return "", nil
	}
	return c.auth.token(ctx)
}

// once sends a request once.
func (c *Client) once(ctx context.Context, prepared *call, token string, take func(*http.Response) error) *Error {
	request, err := c.build(prepared)
	if err != nil {
		return err.(*Error)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	began := time.Now()
	response, err := c.http.Do(request.WithContext(ctx))
	if err != nil {
		failure := c.unreachable(err, "no answer from")
		if prepared.request.Method != http.MethodGet {
			failure.Details = map[string]any{"outcome": outcomeOf(err)}
		}
		return failure
	}
	c.logf("%s %s: %d in %s", prepared.request.Method, prepared.path, response.StatusCode, time.Since(began).Round(time.Millisecond))
	if prepared.meta != nil {
		*prepared.meta = metaOf(response)
	}
	isRedirection := response.StatusCode >= 300 && response.StatusCode < 400 && prepared.request.redirects
	if response.StatusCode >= 200 && response.StatusCode < 300 || isRedirection {
		if err := take(response); err != nil {
			var failure *Error
			if errors.As(err, &failure) {
				failure.Status = response.StatusCode
				return failure
			}
			return c.unreachable(err, brokenOff)
		}
		return nil
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
	return errorOf(response, body)
}

// Retryable tells whether a failed request is sent again: reads without an answer, requests that did not reach the hub, and requests that
// the hub refused before they ran. The latter are 429, 503 for reads, and 503 whose details say that nothing was done (`"outcome":
// "not_run"`). Nothing is sent again if the hub says that waiting is useless (`"retryable": false`), such as for a server that was stopped.
func Retryable(method string, failure *Error) bool {
	if failure.Details["retryable"] == false {
		return false
	}
	isRead := method == http.MethodGet || method == http.MethodHead
	switch failure.Status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		return isRead || failure.Details["outcome"] == "not_run"
	case 0:
		return failure.Code == CodeConnectionFailed && (isRead || failure.Details["outcome"] == "not_run")
	default:
		return false
	}
}

// backoff before the next attempt: full jitter would ask again at once, so half of it is sure.
func backoff(attempt int) time.Duration {
	var most time.Duration = behaviour.MaxBackoff
	if attempt < 4 {
		most = behaviour.FirstBackoff << attempt
	}
	return most/2 + time.Duration(rand.Int63n(int64(most/2)+1))
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return interrupted(ctx)
	}
}

// interrupted is the error of a call whose context is over.
func interrupted(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{Code: CodeCallTimeout, Message: "the call took too long", cause: ctx.Err()}
	}
	return &Error{Code: CodeCanceled, Message: "the call was canceled", cause: ctx.Err()}
}

// outcomeOf tells whether a request without an answer may have run: it has not if there was no connection.
func outcomeOf(err error) string {
	var failure *net.OpError
	if errors.As(err, &failure) && failure.Op == "dial" {
		return "not_run"
	}
	return "unknown"
}

// brokenOff begins the message about a connection that broke.
const brokenOff = "the connection broke before the answer was complete, to"

// unreachable is the error of a request without a complete answer. The error of net/http shows the URL, so only its cause is taken.
func (c *Client) unreachable(err error, what string) *Error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return &Error{Code: CodeConnectionFailed, Message: what + " " + c.base + ": " + err.Error(), cause: err}
}

func metaOf(response *http.Response) Meta {
	number := func(name string) int64 {
		value, err := strconv.ParseInt(response.Header.Get(name), 10, 64)
		if err != nil {
			return -1
		}
		return value
	}
	return Meta{
		Status:    response.StatusCode,
		RequestID: response.Header.Get("X-Request-Id"),
		Header:    response.Header,
		Limit:     number("X-RateLimit-Limit"),
		Remaining: number("X-RateLimit-Remaining"),
		Reset:     number("X-RateLimit-Reset"),
	}
}
