package rest

import (
	"encoding/json"
	"errors"
)

// Variant of a union: the type that the JSON says, and the member for it.
type Variant struct {
	Type  string
	Value any
}

// EncodeUnion writes the one variant that is set, with its type in the member called tag. Without a variant it writes raw, or null, which
// the hub refuses by name.
func EncodeUnion(tag string, raw json.RawMessage, variants []Variant) ([]byte, error) {
	var set *Variant
	for i := range variants {
		if isNil(variants[i].Value) {
			continue
		}
		if set != nil {
			return nil, errors.New("both " + set.Type + " and " + variants[i].Type + " are set, of which a value is one")
		}
		set = &variants[i]
	}
	if set == nil {
		return encodeJSON(raw)
	}
	text, err := encodeJSON(set.Value)
	if err != nil {
		return nil, err
	}
	written, err := json.Marshal(map[string]string{tag: set.Type})
	if err != nil || len(text) == len("{}") {
		return written, err
	}
	return append(append(written[:len(written)-1], ','), text[1:]...), nil
}

// DecodeUnion reads the variant that the member called tag names. An unknown variant goes to raw. The values of variants are pointers to
// members.
func DecodeUnion(text []byte, tag string, kind *string, raw *json.RawMessage, variants []Variant) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	if err := json.Unmarshal(members[tag], kind); err != nil {
		return errors.New("there is no " + tag)
	}
	for _, variant := range variants {
		if variant.Type == *kind {
			return json.Unmarshal(text, variant.Value)
		}
	}
	*raw = append(json.RawMessage(nil), text...)
	return nil
}
