package chain

import (
	"context"
	"fmt"
	"runtime/debug"
)

// panicked is a panic as an error. The error mapping logs it with its stack; the caller gets neither.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// recovery turns a panic into an error, so that one bad call doesn't end the process for all.
func recovery(ctx context.Context, c *call) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicked{value: value, stack: debug.Stack()}
		}
	}()
	return c.next(ctx)
}
