package telemetry

import (
	"fmt"
	"runtime/debug"
)

// CatchPanic runs the function. A panic in it is an error that says what happened and where, so that one poisonous event or timer becomes
// a dead letter and does not end the process again and again.
func CatchPanic(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}
