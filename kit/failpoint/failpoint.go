// Package failpoint marks the places where a process may die or a guard may be switched off in a test.
//
// A build without the tag "failpoints" compiles every call to nothing. With it, four environment
// variables steer a process:
//
//	KEPT_FAILPOINT_KILL=name     SIGKILL itself when it reaches the point the first time
//	KEPT_FAILPOINT_RECORD=file   append each point's name to the file, once, when first reached
//	KEPT_FAILPOINT_SLOW=start    wait a tenth of a second at each point whose name begins so, for others to overtake
//	KEPT_FAILPOINT_OFF=guard     leave out the named guard, to see that a test notices
//
// A name is the place and, after a colon, whose work it was: "commit.before:order.CreateOrder".
package failpoint

// The guards that can be switched off, to prove that tests notice their absence.
const (
	InboxCheck       = "inbox.check"
	LeaseFence       = "lease.fence"
	IdempotencyCheck = "idempotency.check"
)
