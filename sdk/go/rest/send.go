package rest

import (
	"context"
	"errors"
	"io"
	"math/rand"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// How long is waited before a request is sent again where the hub does not say: twice as long each time, with a share of chance.
const (
	firstBackoff = 250 * time.Millisecond
	mostBackoff  = 8 * time.Second
)

// maxErrorBytes of a failed call are read.
const maxErrorBytes = 1 << 20

// send sends a request until it succeeds or may not be sent again, and gives the response to take, which closes its body.
func (c *Client) send(ctx context.Context, prepared *call, take func(*http.Response) error) error {
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
		// Who could not wait so long is told at once what the matter is.
		if deadline, has := ctx.Deadline(); wait > c.config.MaxRetryWait || has && time.Until(deadline) < wait {
			return failure
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
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
	response, err := c.http.Do(request.WithContext(ctx))
	if err != nil {
		return unreachable(err)
	}
	if prepared.meta != nil {
		*prepared.meta = metaOf(response)
	}
	isRedirection := response.StatusCode >= 300 && response.StatusCode < 400 && prepared.request.redirects
	if response.StatusCode >= 200 && response.StatusCode < 300 || isRedirection {
		if err := take(response); err != nil {
			return unreachable(err)
		}
		return nil
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
	return errorOf(response, body)
}

// Retryable tells whether a request that failed is sent again: reads that did not reach the hub, and what the hub refused before it ran, which is
// 429, 503 for reads, and 503 whose details say that nothing was done (`"outcome": "not_run"`). Nothing is sent again where the hub says that waiting
// is useless (`"retryable": false`), such as for a server that was stopped.
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
		return isRead && failure.Code == CodeUnreachable
	default:
		return false
	}
}

// backoff before the next attempt: full jitter would ask again at once, so half of it is sure.
func backoff(attempt int) time.Duration {
	most := mostBackoff
	if attempt < 5 {
		most = firstBackoff << attempt
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
		return &Error{Code: CodeTimeout, Message: "the call took too long", cause: ctx.Err()}
	}
	return &Error{Code: CodeCanceled, Message: "the call was canceled", cause: ctx.Err()}
}

// unreachable is the error of a request that got no answer. What net/http says has the URL; only its cause is taken.
func unreachable(err error) *Error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return &Error{Code: CodeUnreachable, Message: "no answer from the hub: " + err.Error(), cause: err}
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
