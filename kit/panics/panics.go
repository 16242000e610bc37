// Package panics turns a panic of foreign code into an error, so that one poisonous event or timer becomes a dead
// letter and does not end the process again and again.
package panics

import (
	"fmt"
	"runtime/debug"
)

// Catch runs the function. A panic in it is an error that says what happened and where.
func Catch(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}
