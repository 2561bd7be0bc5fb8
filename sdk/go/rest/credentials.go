package rest

import (
	"context"
	"fmt"
)

// Credentials are the proof of identity that a client sends to the hub: APIKey or Password. Printing them shows no secret.
type Credentials interface {
	open(*Client) credentials
}

// credentials in use.
type credentials interface {
	// token to send now.
	token(context.Context) (string, error)
	// renew reports that a token was refused, and says whether there may be another.
	renew(refused string) bool
}

// APIKey is a key of any of the APIs, or an access token.
func APIKey(key string) Credentials { return &keyCredentials{key} }

// Password signs in as a user. The token is refreshed before it expires, and when the hub refuses it.
func Password(username, password string) Credentials {
	return &passwordCredentials{username, password}
}

type keyCredentials struct{ key string }

func (k *keyCredentials) open(*Client) credentials              { return k }
func (k *keyCredentials) token(context.Context) (string, error) { return k.key, nil }
func (k *keyCredentials) renew(string) bool                     { return false }

// Format hides the key from every verb of package fmt.
func (k *keyCredentials) Format(state fmt.State, _ rune) { fmt.Fprint(state, "API key (hidden)") }

type passwordCredentials struct{ username, password string }

func (p *passwordCredentials) open(client *Client) credentials {
	return &session{client: client, user: p}
}

// Format hides the password from every verb of package fmt.
func (p *passwordCredentials) Format(state fmt.State, _ rune) {
	fmt.Fprint(state, "password (hidden)")
}
