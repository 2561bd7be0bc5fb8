package rest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Body is an answer to be read. It must be closed.
type Body struct {
	Status int
	Header http.Header
	stream *stream
}

// Read reads on.
func (b *Body) Read(into []byte) (int, error) { return b.stream.Read(into) }

// Close ends the answer, also while it is being read.
func (b *Body) Close() error { return b.stream.Close() }

// Bytes reads the rest, and closes the answer.
func (b *Body) Bytes() ([]byte, error) {
	defer b.Close()
	return io.ReadAll(b)
}

// Text reads the rest as text, and closes the answer.
func (b *Body) Text() (string, error) {
	text, err := b.Bytes()
	return string(text), err
}

// Open sends a request and gives its answer to be read.
func Open(ctx context.Context, c *Client, request Request, opts []Option) (*Body, error) {
	prepared, err := c.prepare(request, "application/json, text/event-stream, */*", opts)
	if err != nil {
		return nil, err
	}
	opened, err := c.open(ctx, prepared, 0)
	if err != nil {
		return nil, err
	}
	return &Body{opened.response.StatusCode, opened.response.Header, opened}, nil
}

// stream is an answer that is read as it comes.
type stream struct {
	client   *Client
	ctx      context.Context
	cancel   context.CancelFunc
	response *http.Response
	// idle ends the connection when nothing comes for a while; nil: it may be silent. silent tells that it did.
	idle      *time.Timer
	idleAfter time.Duration
	silent    atomic.Bool
	once      sync.Once
}

// open sends a request whose answer is a stream. It ends with ctx; after a silence of idle, unless that is 0; and by Close.
func (c *Client) open(ctx context.Context, prepared *call, idle time.Duration) (*stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	opened := &stream{client: c, ctx: ctx, cancel: cancel, idleAfter: idle}
	err := c.send(ctx, prepared, func(response *http.Response) error {
		opened.response = response
		return nil
	})
	if err != nil {
		cancel()
		return nil, err
	}
	if idle > 0 {
		opened.idle = time.AfterFunc(idle, func() {
			opened.silent.Store(true)
			cancel()
		})
	}
	return opened, nil
}

// Read reads on; where its context is over or it was closed, that is the error.
func (s *stream) Read(into []byte) (int, error) {
	n, err := s.response.Body.Read(into)
	if n > 0 && s.idle != nil {
		s.idle.Reset(s.idleAfter)
	}
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if s.silent.Load() {
		return n, &Error{Code: CodeConnectionFailed, Message: "nothing came from " + s.client.base + " for " + s.idleAfter.String()}
	}
	if s.ctx.Err() != nil {
		return n, interrupted(s.ctx)
	}
	return n, s.client.unreachable(err, brokenOff)
}

// Close ends the stream; a Read under way fails.
func (s *stream) Close() error {
	s.once.Do(func() {
		if s.idle != nil {
			s.idle.Stop()
		}
		s.cancel()
		s.response.Body.Close()
	})
	return nil
}

// Lines is a stream of JSON values, one a line. It must be closed, unless Next has given false.
type Lines[T any] struct {
	from    *stream
	scanner *bufio.Scanner
	item    T
	err     error
	mu      sync.Mutex
	closed  bool
}

// OpenLines sends a request whose answer is such a stream.
func OpenLines[T any](ctx context.Context, c *Client, request Request, opts []Option) (*Lines[T], error) {
	prepared, err := c.prepare(request, "application/x-ndjson", opts)
	if err != nil {
		return nil, err
	}
	opened, err := c.open(ctx, prepared, 0)
	if err != nil {
		return nil, err
	}
	scanner := bufio.NewScanner(opened)
	// The scanner needs room for the line's end.
	scanner.Buffer(nil, int(c.config.MaxAnswerBytes)+2)
	return &Lines[T]{from: opened, scanner: scanner}, nil
}

// Next waits for the next line; false when the stream has ended, was closed or broke: Err says which.
func (l *Lines[T]) Next() bool {
	for l.err == nil && l.scanner.Scan() {
		line := l.scanner.Bytes()
		if len(line) == 0 {
			continue
		}
		var item T
		if err := json.Unmarshal(line, &item); err != nil {
			l.err = &Error{Code: CodeInvalidAnswer, Message: "a line is not as documented: " + err.Error(), cause: err}
			break
		}
		l.item = item
		return true
	}
	if l.err == nil && !l.isClosed() {
		l.err = l.scanner.Err()
		if errors.Is(l.err, bufio.ErrTooLong) {
			l.err = tooLong("a line", l.from.client.config.MaxAnswerBytes)
		}
	}
	l.Close()
	return false
}

// Item gives the item that Next found.
func (l *Lines[T]) Item() T { return l.item }

// Err tells why the stream ended; nil where it came to its end or was closed.
func (l *Lines[T]) Err() error { return l.err }

// All is an iterator as `range` takes it; the stream is closed when it is left.
func (l *Lines[T]) All() func(yield func(T, error) bool) {
	return all[T](l, func() { l.Close() })
}

// Close ends the stream; a Next under way gives false.
func (l *Lines[T]) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	return l.from.Close()
}

func (l *Lines[T]) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}
