package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// optional is a member that says itself whether it is sent.
type optional interface{ IsSet() bool }

// encodeJSON writes a body. In a struct, `omitempty` leaves out nil and no more, so that an empty list is a list. A nil list that is not
// left out is empty, because the APIs know no null there. The members of More are written with the others.
func encodeJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	err := encode(&out, reflect.ValueOf(value))
	return out.Bytes(), err
}

var marshaler = reflect.TypeOf((*json.Marshaler)(nil)).Elem()

func encode(out *bytes.Buffer, value reflect.Value) error {
	if !value.IsValid() {
		out.WriteString("null")
		return nil
	}
	kind := value.Kind()
	if (kind == reflect.Pointer || kind == reflect.Interface) && value.IsNil() {
		out.WriteString("null")
		return nil
	}
	if value.Type().Implements(marshaler) && kind != reflect.Interface {
		return encodePlain(out, value)
	}
	switch kind {
	case reflect.Pointer, reflect.Interface:
		return encode(out, value.Elem())
	case reflect.Struct:
		return encodeStruct(out, value)
	case reflect.Slice, reflect.Array:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			return encodePlain(out, value)
		}
		return encodeList(out, value)
	case reflect.Map:
		if value.Type().Key().Kind() == reflect.String {
			return encodeMap(out, value)
		}
	}
	return encodePlain(out, value)
}

func encodePlain(out *bytes.Buffer, value reflect.Value) error {
	text, err := json.Marshal(value.Interface())
	out.Write(text)
	return err
}

func encodeList(out *bytes.Buffer, value reflect.Value) error {
	out.WriteByte('[')
	for i := 0; i < value.Len(); i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := encode(out, value.Index(i)); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

// members writes an object's members one by one.
type members struct {
	out  *bytes.Buffer
	some bool
}

func (m *members) add(name string, value reflect.Value) error {
	if m.some {
		m.out.WriteByte(',')
	}
	m.some = true
	text, err := json.Marshal(name)
	if err != nil {
		return err
	}
	m.out.Write(text)
	m.out.WriteByte(':')
	return encode(m.out, value)
}

func encodeMap(out *bytes.Buffer, value reflect.Value) error {
	out.WriteByte('{')
	object := members{out: out}
	for _, key := range sortedKeys(value) {
		if err := object.add(key.String(), value.MapIndex(key)); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

func encodeStruct(out *bytes.Buffer, value reflect.Value) error {
	out.WriteByte('{')
	object := members{out: out}
	for i := 0; i < value.NumField(); i++ {
		field := value.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" || name == "" {
			continue
		}
		member := value.Field(i)
		if options == "omitempty" && isAbsent(member) {
			continue
		}
		if err := object.add(name, member); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if more := value.FieldByName("More"); more.IsValid() && more.Kind() == reflect.Map {
		for _, key := range sortedKeys(more) {
			if err := object.add(key.String(), more.MapIndex(key)); err != nil {
				return err
			}
		}
	}
	out.WriteByte('}')
	return nil
}

func isAbsent(value reflect.Value) bool {
	switch value.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return value.IsNil()
	}
	if member, ok := value.Interface().(optional); ok {
		return !member.IsSet()
	}
	return false
}

func isNil(value any) bool {
	reflected := reflect.ValueOf(value)
	return !reflected.IsValid() || reflected.Kind() == reflect.Pointer && reflected.IsNil()
}

// printTime writes a time as the APIs do.
func printTime(value time.Time) string { return value.UTC().Format(time.RFC3339Nano) }
