package rest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Request is a method's request to the hub.
type Request struct {
	Method string

	// Path from the hub's root; `{name}` stands for the next of Args.
	Path string
	Args []string

	// Query is a pointer to a struct of parameters, or nil.
	Query any

	// Set and Default are a parameter and its value: Set applies always, Default if Query does not have the parameter.
	Set     []string
	Default []string

	// Body is sent as JSON, unless it is nil.
	Body any

	// Unwrap names the member of the answer that is the result; empty: the whole answer is.
	Unwrap string

	// Anonymous requests carry no credential: the hub asks for none.
	Anonymous bool

	redirects bool
}

// Option is something special about one call.
type Option func(*call)

// WithTimeout bounds one call, its retries included. Streams have no timeout but their context's.
func WithTimeout(timeout time.Duration) Option {
	return func(c *call) { c.timeout, c.hasTimeout = timeout, true }
}

// WithHeader sends a header along.
func WithHeader(name, value string) Option {
	return func(c *call) { c.header.Set(name, value) }
}

// WithQuery adds a query parameter, such as a parameter that this version of the module does not know.
func WithQuery(name, value string) Option {
	return func(c *call) { c.query.Set(name, value) }
}

// WithoutRetries sends the request once.
func WithoutRetries() Option {
	return func(c *call) { c.retries = 0 }
}

// WithMeta writes the metadata of the answer, such as the request id, into meta. It is written once the hub has answered, with an error,
// too.
func WithMeta(meta *Meta) Option {
	return func(c *call) { c.meta = meta }
}

// Meta is the part of an answer that is not its result.
type Meta struct {
	Status    int
	RequestID string
	Header    http.Header

	// Limit, Remaining and Reset are of the tighter of the rate limits that the call counted on; -1 where the answer tells none. Reset is in epoch
	// seconds, in the Backend API the seconds that are left.
	Limit, Remaining, Reset int64
}

// call is a request ready to be sent, as often as need be.
type call struct {
	request    Request
	path       string
	query      url.Values
	header     http.Header
	body       []byte
	timeout    time.Duration
	hasTimeout bool
	retries    int
	meta       *Meta
}

func (c *Client) prepare(request Request, accept string, opts []Option) (*call, error) {
	path, err := fill(request.Path, request.Args)
	if err != nil {
		return nil, err
	}
	query, err := encodeQuery(request.Query)
	if err != nil {
		return nil, err
	}
	if len(request.Default) == 2 && !query.Has(request.Default[0]) {
		query.Set(request.Default[0], request.Default[1])
	}
	if len(request.Set) == 2 {
		query.Set(request.Set[0], request.Set[1])
	}
	prepared := &call{request: request, path: path, query: query, header: http.Header{}}
	prepared.timeout = c.config.Timeout
	prepared.retries = c.config.Retries
	prepared.header.Set("Accept", accept)
	prepared.header.Set("User-Agent", strings.TrimSpace(c.config.UserAgent+" roundhouse-go/"+Version))
	if !isNil(request.Body) {
		if prepared.body, err = encodeJSON(request.Body); err != nil {
			return nil, invalid("the body cannot be written as JSON: " + err.Error())
		}
		prepared.header.Set("Content-Type", "application/json")
	}
	for _, option := range opts {
		if option != nil {
			option(prepared)
		}
	}
	return prepared, nil
}

// fill puts the arguments into a path. Empty ones, and such as mean another path, would ask something else.
func fill(path string, args []string) (string, error) {
	for _, arg := range args {
		begin, end := strings.IndexByte(path, '{'), strings.IndexByte(path, '}')
		if begin < 0 || end < begin {
			return "", invalid("too many arguments for the path")
		}
		name := path[begin+1 : end]
		if arg == "" || arg == "." || arg == ".." {
			return "", invalid(fmt.Sprintf("%s must not be %q", name, arg))
		}
		// Braces are escaped by this, so that no argument is taken for a place.
		path = path[:begin] + url.PathEscape(arg) + path[end+1:]
	}
	return path, nil
}

func (c *Client) build(prepared *call) (*http.Request, error) {
	address := c.base + prepared.path
	if len(prepared.query) > 0 {
		address += "?" + prepared.query.Encode()
	}
	var body io.Reader
	if prepared.body != nil {
		body = bytes.NewReader(prepared.body)
	}
	built, err := http.NewRequest(prepared.request.Method, address, body)
	if err != nil {
		return nil, invalid("the request cannot be made")
	}
	built.Header = prepared.header.Clone()
	return built, nil
}
