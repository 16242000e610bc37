package process

import (
	"runtime"
	"runtime/debug"
)

// GiveBack returns to the system the memory that only starting up has needed: garbage, and the program's own pages. What lies
// in pools is let go at the second collection.
func GiveBack() {
	runtime.GC()
	debug.FreeOSMemory()
	giveBackPages()
}
