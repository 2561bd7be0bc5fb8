package rest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	signInPath  = "/automation/api/v1/auth/token"
	refreshPath = "/automation/api/v1/auth/refresh"
	// signInTimeout of a sign-in or refresh, which goes on where the call that asked for it is canceled: a refresh token is good for one use.
	signInTimeout = 30 * time.Second
	// refreshEarly is how long before its end a token is refreshed; of short ones, when a fifth is left.
	refreshEarly = time.Minute
)

// session is a user who is signed in. One refresh is under way at a time; who needs a token waits for it.
type session struct {
	client *Client
	user   *passwordCredentials

	mu      sync.Mutex
	access  string
	refresh string
	// until when access is taken without asking for another.
	until    time.Time
	underway *renewal
}

type renewal struct {
	done chan struct{}
	err  error
}

// Format hides the tokens from every verb of package fmt.
func (s *session) Format(state fmt.State, _ rune) { fmt.Fprint(state, "session (hidden)") }

func (s *session) token(ctx context.Context) (string, error) {
	s.mu.Lock()
	if s.access != "" && time.Now().Before(s.until) {
		defer s.mu.Unlock()
		return s.access, nil
	}
	current := s.underway
	if current == nil {
		current = &renewal{done: make(chan struct{})}
		s.underway = current
		go s.run(current, s.refresh)
	}
	s.mu.Unlock()
	select {
	case <-current.done:
	case <-ctx.Done():
		return "", interrupted(ctx)
	}
	if current.err != nil {
		return "", current.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.access, nil
}

func (s *session) renew(refused string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Another call may have got a new one already.
	if s.access == refused {
		s.until = time.Time{}
	}
	return true
}

// tokens as both sign-in and refresh print them.
type tokens struct {
	AccessToken  string  `json:"access_token"`
	RefreshToken string  `json:"refresh_token"`
	ExpiresIn    float64 `json:"expires_in"`
}

func (s *session) run(current *renewal, refresh string) {
	ctx, cancel := context.WithTimeout(context.Background(), signInTimeout)
	defer cancel()
	asked := time.Now()
	got, err := s.ask(ctx, refresh)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		lasts := time.Duration(got.ExpiresIn * float64(time.Second))
		early := lasts / 5
		if early > refreshEarly {
			early = refreshEarly
		}
		s.access, s.refresh, s.until = got.AccessToken, got.RefreshToken, asked.Add(lasts-early)
	}
	current.err = err
	s.underway = nil
	close(current.done)
}

// ask refreshes, or signs in where there is nothing to refresh by, or no longer.
func (s *session) ask(ctx context.Context, refresh string) (*tokens, error) {
	if refresh != "" {
		got, err := s.post(ctx, refreshPath, map[string]any{"refresh_token": refresh})
		status := StatusOf(err)
		if err == nil || status < 400 || status == http.StatusTooManyRequests || status >= 500 {
			return got, err
		}
	}
	return s.post(ctx, signInPath, map[string]any{"username": s.user.username, "password": s.user.password})
}

func (s *session) post(ctx context.Context, path string, body map[string]any) (*tokens, error) {
	return JSON[*tokens](ctx, s.client, Request{Method: http.MethodPost, Path: path, Body: body, Anonymous: true}, nil)
}
