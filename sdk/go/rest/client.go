// Package rest is the common part of the packages of the APIs: requests to a hub, its answers, errors, pages and streams.
//
// Programs begin with package roundhouse, which has the names of this package that they need.
package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/roundhouse/roundhouse/sdk/go/gen/behaviour"
)

// Version of this module; it goes out in the User-Agent header.
const Version = "0.1.0"

// Config is how a Client asks. Its zero value of a field stands for the default.
type Config struct {
	// Credentials of each request; nil: none.
	Credentials Credentials

	// HTTPClient sends the requests. Its CheckRedirect and Timeout are not used: redirections are never followed, and see Timeout.
	// Default: one with connections of its own.
	HTTPClient *http.Client

	// Timeout of a call whose context has no deadline, its retries included; streams have none. A call whose body names a longer limit of its own
	// has that limit. Default: 75 s. Negative: none.
	Timeout time.Duration

	// Retries is how often a request is sent again at most; see Retryable. Default: 2. Negative: never.
	Retries int

	// MaxRetryWait is the longest wait before a request is sent again. If the hub asks for a longer wait, the call fails with the hub's error.
	// Default: 60 s.
	MaxRetryWait time.Duration

	// MaxAnswerBytes is the longest answer that is read whole, and the longest event or line of a stream: a longer one is an error. A Body has no
	// limit. Default: 64 MiB.
	MaxAnswerBytes int64

	// IdleTimeout is after how much silence the connection of a stream counts as lost. The hub says something every few seconds. Default: 45 s.
	IdleTimeout time.Duration

	// Logger gets a line for each answer and each retry, such as log.Default(). It gets no credential and no body. Default: none.
	Logger Logger

	// OnRetry is called before a call waits to be sent again.
	OnRetry func(Retry)

	// UserAgent goes before the module's own in the User-Agent header.
	UserAgent string
}

// Logger takes lines; *log.Logger is one.
type Logger interface {
	Printf(format string, values ...any)
}

// Retry is a call that is sent again.
type Retry struct {
	// Method and Path of the call.
	Method, Path string

	// Attempt that failed, from 1 on.
	Attempt int

	// Wait before the next one.
	Wait time.Duration

	// Err is why the attempt failed.
	Err *Error
}

// Client asks one hub. It may be used by several goroutines at once.
type Client struct {
	base   string
	http   *http.Client
	config Config
	owned  *http.Transport
	auth   credentials
}

// NewClient makes a client for the hub at an address such as http://127.0.0.1:8080. Nothing is sent yet.
func NewClient(address string, config Config) (*Client, error) {
	base, err := url.Parse(address)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, errors.New("roundhouse: the address must be a URL such as https://hub.example.com")
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("roundhouse: the address must have no user, query or fragment")
	}
	config.Timeout = orDuration(config.Timeout, behaviour.Timeout)
	config.MaxRetryWait = orDuration(config.MaxRetryWait, behaviour.MaxRetryWait)
	config.IdleTimeout = orDuration(config.IdleTimeout, 45*time.Second)
	if config.MaxAnswerBytes <= 0 {
		config.MaxAnswerBytes = 64 << 20
	}
	if config.Retries == 0 {
		config.Retries = behaviour.Retries
	}
	client := &Client{base: strings.TrimRight(base.String(), "/"), config: config}
	sender := http.Client{}
	if config.HTTPClient != nil {
		sender = *config.HTTPClient
	} else {
		client.owned = http.DefaultTransport.(*http.Transport).Clone()
		client.owned.MaxIdleConnsPerHost = 16
		sender.Transport = client.owned
	}
	sender.Timeout = 0
	// A redirection would take the credential along, and turn a POST into a GET.
	sender.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.http = &sender
	if config.Credentials != nil {
		client.auth = config.Credentials.open(client)
		client.config.Credentials = nil
	}
	return client, nil
}

// Close lets idle connections go. Calls and streams that are under way end by their contexts and Close.
func (c *Client) Close() {
	if c.owned != nil {
		c.owned.CloseIdleConnections()
	}
}

// Address of the hub.
func (c *Client) Address() string { return c.base }

// String tells the hub's address, and nothing of the credentials.
func (c *Client) String() string { return fmt.Sprintf("Roundhouse at %s", c.base) }

// GoString is String, so that a printed client never shows its credentials.
func (c *Client) GoString() string { return c.String() }

func orDuration(value, otherwise time.Duration) time.Duration {
	if value == 0 {
		return otherwise
	}
	return value
}

// JSON sends a request and gives its answer, taken out of its envelope.
func JSON[T any](ctx context.Context, c *Client, request Request, opts []Option) (T, error) {
	var result T
	reply, err := c.whole(ctx, request, "application/json", opts)
	if err != nil {
		return result, err
	}
	if !isJSON(reply.header) {
		return result, reply.unexpected("the answer is " + reply.header.Get("Content-Type") + "; a stream is read by the method ending in Stream")
	}
	raw := json.RawMessage(reply.body)
	if request.Unwrap != "" {
		var envelope map[string]json.RawMessage
		if err := json.Unmarshal(raw, &envelope); err != nil {
			return result, reply.undecodable(err)
		}
		raw = envelope[request.Unwrap]
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return result, reply.undecodable(err)
	}
	return result, nil
}

// Text sends a request and gives its answer as text.
func Text(ctx context.Context, c *Client, request Request, opts []Option) (string, error) {
	reply, err := c.whole(ctx, request, "*/*", opts)
	if err != nil {
		return "", err
	}
	return string(reply.body), nil
}

// Nothing sends a request whose answer has no content.
func Nothing(ctx context.Context, c *Client, request Request, opts []Option) error {
	_, err := c.whole(ctx, request, "application/json", opts)
	return err
}

// Location sends a request and gives the address that it redirects to.
func Location(ctx context.Context, c *Client, request Request, opts []Option) (string, error) {
	request.redirects = true
	reply, err := c.whole(ctx, request, "application/json", opts)
	if err != nil {
		return "", err
	}
	return reply.header.Get("Location"), nil
}

// reply is a whole answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// whole sends a request and reads the answer, within the call's timeout.
func (c *Client) whole(ctx context.Context, request Request, accept string, opts []Option) (*reply, error) {
	call, err := c.prepare(request, accept, opts)
	if err != nil {
		return nil, err
	}
	if _, has := ctx.Deadline(); !has || call.hasTimeout {
		timeout := call.timeout
		if own := ownTimeout(call.body); timeout > 0 && !call.hasTimeout && own > timeout {
			timeout = own
		}
		if timeout > 0 {
			limited, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			ctx = limited
		}
	}
	var got *reply
	err = c.send(ctx, call, func(response *http.Response) error {
		defer response.Body.Close()
		most := c.config.MaxAnswerBytes
		body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
		if err == nil && int64(len(body)) > most {
			return tooLong("the answer", most)
		}
		got = &reply{response.StatusCode, response.Header, body}
		return err
	})
	return got, err
}

// ownTimeout is how long a call takes that names its own limit in its body: timeoutMs, or timeout in seconds; 0 where it names none.
func ownTimeout(body []byte) time.Duration {
	var named struct {
		TimeoutMs float64 `json:"timeoutMs"`
		Timeout   any     `json:"timeout"`
	}
	if body == nil || json.Unmarshal(body, &named) != nil {
		return 0
	}
	own := named.TimeoutMs * float64(time.Millisecond)
	if seconds, ok := named.Timeout.(float64); ok && own == 0 {
		own = seconds * float64(time.Second)
	}
	if own <= 0 {
		return 0
	}
	return time.Duration(own) + behaviour.TimeoutMargin
}

func isJSON(header http.Header) bool {
	return strings.HasPrefix(header.Get("Content-Type"), "application/json")
}

func (r *reply) unexpected(message string) error {
	return &Error{Code: CodeInvalidAnswer, Status: r.status, Message: message, RequestID: r.header.Get("X-Request-Id")}
}

func (r *reply) undecodable(cause error) error {
	failure := r.unexpected("the answer is not as documented: " + cause.Error()).(*Error)
	failure.cause = cause
	return failure
}
