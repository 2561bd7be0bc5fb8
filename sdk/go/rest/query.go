package rest

import (
	"fmt"
	"net/url"
	"reflect"
	"sort"
	"strings"
	"time"
)

// Operator of a Filter.
type Operator string

// Operators of filters; In and NotIn take several values, separated by commas.
const (
	Equal          Operator = "eq"
	NotEqual       Operator = "ne"
	Greater        Operator = "gt"
	Less           Operator = "lt"
	GreaterOrEqual Operator = "gte"
	LessOrEqual    Operator = "lte"
	In             Operator = "in"
	NotIn          Operator = "nin"
	Regex          Operator = "regex"
)

// Filter is a condition on a field of the listed items. Of several conditions all must hold.
type Filter struct {
	Field    string
	Operator Operator
	Value    string
}

// encodeQuery writes the parameters of a struct's tags; a nil pointer is left out.
func encodeQuery(params any) (url.Values, error) {
	query := url.Values{}
	if isNil(params) {
		return query, nil
	}
	value := reflect.Indirect(reflect.ValueOf(params))
	for i := 0; i < value.NumField(); i++ {
		name := value.Type().Field(i).Tag.Get("query")
		field := value.Field(i)
		if filters, ok := field.Interface().([]Filter); ok && name == "*" {
			for _, filter := range filters {
				query.Add(fmt.Sprintf("%s[%s]", filter.Field, filter.Operator), filter.Value)
			}
			continue
		}
		if name == "" || field.Kind() == reflect.Pointer && field.IsNil() {
			continue
		}
		if field.Kind() == reflect.Slice {
			if field.Len() > 0 {
				query.Set(name, joined(field))
			}
			continue
		}
		plain := reflect.Indirect(field).Interface()
		if when, ok := plain.(time.Time); ok {
			plain = printTime(when)
		}
		query.Set(name, fmt.Sprint(plain))
	}
	return query, nil
}

// joined is a list as the APIs take one: its values, separated by commas.
func joined(list reflect.Value) string {
	values := make([]string, list.Len())
	for i := range values {
		values[i] = list.Index(i).String()
	}
	return strings.Join(values, ",")
}

func sortedKeys(value reflect.Value) []reflect.Value {
	keys := value.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	return keys
}
