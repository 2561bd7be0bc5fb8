package rest

// Pages reads all that a list has, page after page:
//
//	tools := client.Connect.Tools.ListAll(ctx, nil)
//	for tools.Next() {
//		fmt.Println(tools.Item().Name)
//	}
//	if err := tools.Err(); err != nil { … }
//
// With Go 1.23 or later, `for tool, err := range client.Connect.Tools.ListAll(ctx, nil).All()` does the same. A page is asked for when it is needed.
type Pages[T any] struct {
	fetch func(at int64) ([]T, int64, bool, error)
	at    int64
	more  bool
	page  []T
	item  T
	err   error
}

// NewPages begins at a page or place. fetch returns the items there, the next place, and whether there are more.
func NewPages[T any](at int64, fetch func(at int64) (items []T, next int64, more bool, err error)) *Pages[T] {
	return &Pages[T]{fetch: fetch, at: at, more: true}
}

// Next goes on to the next item. It returns false at the end, and if a page cannot be fetched: Err then says why.
func (p *Pages[T]) Next() bool {
	for len(p.page) == 0 {
		if !p.more || p.err != nil {
			return false
		}
		p.page, p.at, p.more, p.err = p.fetch(p.at)
	}
	p.item, p.page = p.page[0], p.page[1:]
	return true
}

// Item gives the item that Next found.
func (p *Pages[T]) Item() T { return p.item }

// Err tells why Next stopped before the end.
func (p *Pages[T]) Err() error { return p.err }

// All is an iterator as `range` takes it; an error is the last that it gives.
func (p *Pages[T]) All() func(yield func(T, error) bool) { return all[T](p, func() {}) }

// Collect reads all that is left.
func (p *Pages[T]) Collect() ([]T, error) {
	var items []T
	for p.Next() {
		items = append(items, p.Item())
	}
	return items, p.Err()
}

// reader is the common part of Pages, Lines and Events.
type reader[T any] interface {
	Next() bool
	Item() T
	Err() error
}

func all[T any](from reader[T], end func()) func(yield func(T, error) bool) {
	return func(yield func(T, error) bool) {
		defer end()
		for from.Next() {
			if !yield(from.Item(), nil) {
				return
			}
		}
		if err := from.Err(); err != nil {
			var none T
			yield(none, err)
		}
	}
}
