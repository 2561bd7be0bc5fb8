package rest

import (
	"bytes"
	"encoding/json"
)

// Ptr gives a pointer to a value: for fields that may be left out.
func Ptr[T any](value T) *T { return &value }

// Or gives the value of a pointer, or otherwise for nil.
func Or[T any](pointer *T, otherwise T) T {
	if pointer == nil {
		return otherwise
	}
	return *pointer
}

// Copy gives a copy of the value of a pointer; the zero value for nil.
func Copy[T any](pointer *T) T {
	var none T
	return Or(pointer, none)
}

// Nullable is a member of a body that may be left out (its zero value), null (Null) or have a value (Value).
type Nullable[T any] struct {
	value *T
	isSet bool
}

// Value is a member's value.
func Value[T any](value T) Nullable[T] { return Nullable[T]{&value, true} }

// Null is a member that is null. It clears a value that was set before.
func Null[T any]() Nullable[T] { return Nullable[T]{isSet: true} }

// Get gives the value, and whether there is one.
func (n Nullable[T]) Get() (value T, ok bool) { return Copy(n.value), n.value != nil }

// IsSet tells whether the member is sent.
func (n Nullable[T]) IsSet() bool { return n.isSet }

// MarshalJSON writes the value, or null.
func (n Nullable[T]) MarshalJSON() ([]byte, error) { return encodeJSON(n.value) }

// UnmarshalJSON reads a value, or null.
func (n *Nullable[T]) UnmarshalJSON(text []byte) error {
	n.isSet, n.value = true, nil
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	n.value = new(T)
	return json.Unmarshal(text, n.value)
}

// Message is the answer of a call that tells no more than that it was done.
type Message struct {
	Message string `json:"message"`
}
