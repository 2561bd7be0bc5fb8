package rest

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// eventParser reads text/event-stream as the HTML standard has it.
type eventParser struct {
	scanner *bufio.Scanner
	// id that the stream is at; told tells whether it has said one.
	id    string
	told  bool
	retry time.Duration
	// most bytes of an event.
	most int64
}

func newEventParser(from io.Reader, most int64) *eventParser {
	scanner := bufio.NewScanner(from)
	// The scanner needs room for the line's end.
	scanner.Buffer(nil, int(most)+2)
	scanner.Split(splitLines())
	return &eventParser{scanner: scanner, most: most}
}

// isEnd tells a stream that was ended in order.
func isEnd(err error) bool { return errors.Is(err, io.EOF) }

// lastID is the id of the stream's current place, or the previous id if the stream has sent none.
func (p *eventParser) lastID(before string) string {
	if p.told {
		return p.id
	}
	return before
}

// next waits for an event; io.EOF at the end of the stream. Lines without an empty line after them are no event.
func (p *eventParser) next() (Event, error) {
	event := Event{Type: "message"}
	id, hasID := "", false
	var data []string
	var size int64
	for p.scanner.Scan() {
		line := p.scanner.Text()
		if line == "" {
			if hasID {
				p.id, p.told = id, true
			}
			if len(data) > 0 {
				event.ID, event.Data = id, []byte(strings.Join(data, "\n"))
				return event, nil
			}
			event, id, hasID, size = Event{Type: "message"}, "", false, 0
			continue
		}
		// A line costs memory in addition to its characters.
		if size += int64(len(line)) + 16; size > p.most {
			return Event{}, tooLong("an event", p.most)
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "event":
			event.Type = value
		case "data":
			data = append(data, value)
		case "id":
			if !strings.ContainsRune(value, 0) {
				id, hasID = value, true
			}
		case "retry":
			if milliseconds, err := strconv.ParseUint(value, 10, 31); err == nil {
				p.retry = time.Duration(milliseconds) * time.Millisecond
			}
		}
	}
	if err := p.scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
		return Event{}, tooLong("an event", p.most)
	} else if err != nil {
		return Event{}, err
	}
	return Event{}, io.EOF
}

// splitLines splits at \n, \r\n and \r. A \r at the end of the data ends a line at once: the beginning of the next piece shows whether a \n
// belongs to it.
func splitLines() bufio.SplitFunc {
	skip := false
	return func(data []byte, atEOF bool) (int, []byte, error) {
		begin := 0
		if skip && len(data) > 0 {
			skip = false
			if data[0] == '\n' {
				begin = 1
			}
		}
		for i := begin; i < len(data); i++ {
			if data[i] != '\n' && data[i] != '\r' {
				continue
			}
			skip = data[i] == '\r'
			return i + 1, data[begin:i], nil
		}
		if begin > 0 {
			return begin, nil, nil
		}
		if atEOF && len(data) > 0 {
			return len(data), data, nil
		}
		return 0, nil, nil
	}
}
