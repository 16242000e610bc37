// Package change makes a changing call idempotent: its answer is kept in the transaction of the change, and
// whoever asks the same again gets the same answer.
package change

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"kept.dev/kit/access"
	"kept.dev/kit/audit"
	"kept.dev/kit/errs"
	"kept.dev/kit/failpoint"
	"kept.dev/kit/sqldb"
)

// Kept is how long answers are kept.
const Kept = 24 * time.Hour

// Header is the request metadata that carries the caller's key, Replayed the response metadata that marks an answer
// given before.
const (
	Header   = "idempotency-key"
	Replayed = "idempotent-replayed"
)

// Do runs the closure in a transaction and returns its answer. With a key (the metadata idempotency-key, or the request's
// request_id) the answer is written in the same transaction; a second call of the same caller with the same key and
// request gets it again, and changes nothing. Failures are not kept.
//
// Whatever may refuse the same request later (a time that passes, a row that goes) stands in the closure: only there a retry is
// known as one. What has to be asked elsewhere first is asked in DoAfter.
//
// Errors: the closure's; FAILED_PRECONDITION (IDEMPOTENCY_KEY_REUSED) for the same key with another request.
func Do[R proto.Message](
	ctx context.Context, db *sqldb.DB, req proto.Message, fn func(tx *sqldb.Tx) (R, error),
) (R, error) {
	return do(ctx, db, db.Update, req, fn)
}

// Shared is Do in a transaction that others share (sqldb.UpdateShared, with all that is said there): for short changes of which
// very many come at once.
func Shared[R proto.Message](
	ctx context.Context, db *sqldb.DB, req proto.Message, fn func(tx *sqldb.Tx) (R, error),
) (R, error) {
	return do(ctx, db, db.UpdateShared, req, fn)
}

// update is how a transaction is made.
type update func(ctx context.Context, work string, fn func(tx *sqldb.Tx) error) error

func do[R proto.Message](
	ctx context.Context, db *sqldb.DB, update update, req proto.Message, fn func(tx *sqldb.Tx) (R, error),
) (R, error) {
	var none R
	method, _ := grpc.Method(ctx)
	call, err := newCall(ctx, method, req)
	if err != nil {
		return none, err
	}
	answer, err := first(ctx, update, call, method, req, fn)
	if err == nil {
		return answer, nil
	}
	if errs.KindOf(err) == errs.KindUnavailable {
		return none, err
	}
	// Whatever went wrong, the reason may be that this very change has been made before.
	if before, found, err := answeredBefore[R](ctx, db, call); found || err != nil {
		return before, err
	}
	if sqldb.Violates(err, "idempotency_pkey") { // by an answer that is no longer kept
		if err := call.forget(ctx, db); err != nil {
			return none, err
		}
		return do(ctx, db, update, req, fn)
	}
	return none, err
}

// DoAfter is Do for a change that needs something from elsewhere, such as another service's answer, which no transaction can wait
// for. What prepare returns is handed to the closure. Where prepare fails, the change may have been made before it began to: a
// retry gets the first answer all the same.
//
// Errors: those of prepare, and those of Do.
func DoAfter[P any, R proto.Message](
	ctx context.Context, db *sqldb.DB, req proto.Message,
	prepare func() (P, error), fn func(tx *sqldb.Tx, prepared P) (R, error),
) (R, error) {
	var prepared P
	return After(ctx, db, req,
		func() (err error) { prepared, err = prepare(); return err },
		func() (R, error) {
			return Do(ctx, db, req, func(tx *sqldb.Tx) (R, error) { return fn(tx, prepared) })
		})
}

// After makes the change, by Do or Shared, if nothing speaks against it before. Where something does, a retry gets the first answer
// all the same.
func After[R proto.Message](
	ctx context.Context, db *sqldb.DB, req proto.Message, check func() error, change func() (R, error),
) (R, error) {
	err := check()
	if err == nil {
		return change()
	}
	before, found, fault := Answered[R](ctx, db, req)
	if found || fault != nil {
		return before, fault
	}
	return before, err
}

const amend = `
	update idempotency set response = $4
	where caller = $1 and method = $2 and key = $3`

// Amend gives a change that goes on after its transaction the answer that is true at its end: a retry gets it instead of the
// first, which tells whoever retries that the change has only begun. Without a key it does nothing.
func Amend(ctx context.Context, db *sqldb.DB, req, answer proto.Message) error {
	method, _ := grpc.Method(ctx)
	call, err := newCall(ctx, method, req)
	if err != nil || call == nil {
		return err
	}
	response, err := proto.Marshal(answer)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return db.Update(ctx, method, func(tx *sqldb.Tx) error {
		tx.Exec(amend, call.caller, call.method, call.key, response)
		return nil
	})
}

// Answered finds the first answer before anything is done, for changes that do something in their preparation already, such as
// counting a try. Without a key it finds none.
func Answered[R proto.Message](ctx context.Context, db *sqldb.DB, req proto.Message) (answer R, found bool, err error) {
	method, _ := grpc.Method(ctx)
	call, err := newCall(ctx, method, req)
	if err != nil {
		return answer, false, err
	}
	return answeredBefore[R](ctx, db, call)
}

// answeredBefore finds what the same caller was answered to the same request under the same key, if there is a key.
func answeredBefore[R proto.Message](ctx context.Context, db *sqldb.DB, call *call) (answer R, found bool, err error) {
	if call == nil {
		return answer, false, nil
	}
	if answer, found, err = replay[R](ctx, db, call); err != nil || !found {
		return answer, false, err
	}
	access.Replayed(ctx)
	return answer, true, grpc.SetHeader(ctx, metadata.Pairs(Replayed, "true"))
}

// first makes the change, notes it for the audit where it is an employee's, and keeps its answer; or nothing of these.
func first[R proto.Message](
	ctx context.Context, update update, call *call, method string, req proto.Message, fn func(tx *sqldb.Tx) (R, error),
) (answer R, err error) {
	var committed func()
	err = update(ctx, method, func(tx *sqldb.Tx) (err error) {
		if answer, err = fn(tx); err != nil {
			return err
		}
		committed = audit.ChangedBy(ctx, tx, req, answer)
		if err := access.Asked(ctx); err != nil {
			return err
		}
		return call.keep(tx, answer)
	})
	if err == nil {
		committed()
	}
	return answer, err
}

// call is what makes a change the same change. Nil when the caller gave no key.
type call struct {
	caller, method, key string
	hash                []byte
}

func newCall(ctx context.Context, method string, req proto.Message) (*call, error) {
	key := keyOf(ctx, req)
	if key == "" {
		return nil, nil
	}
	who := access.Caller(ctx)
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(withoutRequestID(req))
	if err != nil {
		return nil, fmt.Errorf("hash request: %w", err)
	}
	hash := sha256.Sum256(body)
	return &call{caller: who.Role.String() + " " + who.Subject, method: method, key: key, hash: hash[:]}, nil
}

func keyOf(ctx context.Context, req proto.Message) string {
	if values := metadata.ValueFromIncomingContext(ctx, Header); len(values) > 0 && values[0] != "" {
		return values[0]
	}
	if field := requestID(req.ProtoReflect()); field != nil {
		return req.ProtoReflect().Get(field).String()
	}
	return ""
}

func requestID(m protoreflect.Message) protoreflect.FieldDescriptor {
	field := m.Descriptor().Fields().ByName("request_id")
	if field == nil || field.Kind() != protoreflect.StringKind {
		return nil
	}
	return field
}

func withoutRequestID(req proto.Message) proto.Message {
	field := requestID(req.ProtoReflect())
	if field == nil || !req.ProtoReflect().Has(field) {
		return req
	}
	copied := proto.Clone(req)
	copied.ProtoReflect().Clear(field)
	return copied
}

const insert = `
	insert into idempotency (caller, method, key, hash, response, created)
	values ($1, $2, $3, $4, $5, $6)`

func (c *call) keep(tx *sqldb.Tx, answer proto.Message) error {
	if c == nil || failpoint.Off(failpoint.IdempotencyCheck) {
		return nil
	}
	response, err := proto.Marshal(answer)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	tx.Exec(insert, c.caller, c.method, c.key, c.hash, response, time.Now().UnixMicro())
	return nil
}

const forget = `
	delete from idempotency
	where caller = $1 and method = $2 and key = $3 and created <= $4`

func (c *call) forget(ctx context.Context, db *sqldb.DB) error {
	return db.Update(ctx, c.method, func(tx *sqldb.Tx) error {
		tx.Exec(forget, c.caller, c.method, c.key, time.Now().Add(-Kept).UnixMicro())
		return nil
	})
}

const find = `
	select hash, response from idempotency
	where caller = $1 and method = $2 and key = $3 and created > $4`

// replay finds the answer that was given before.
func replay[R proto.Message](ctx context.Context, db *sqldb.DB, c *call) (answer R, found bool, err error) {
	rows, err := db.Query(ctx, find, c.caller, c.method, c.key, time.Now().Add(-Kept).UnixMicro())
	if err != nil {
		return answer, false, err
	}
	var hash, response []byte
	_, err = sqldb.One(rows, func(r *sqldb.Rows) (struct{}, error) { return struct{}{}, r.Scan(&hash, &response) })
	if errors.Is(err, sqldb.ErrNoRow) {
		return answer, false, nil
	}
	if err != nil {
		return answer, false, err
	}
	if !bytes.Equal(hash, c.hash) {
		return answer, false, errs.Refused("IDEMPOTENCY_KEY_REUSED",
			"the idempotency key has been used for another request; use a new key for a new request")
	}
	answer = answer.ProtoReflect().Type().New().Interface().(R)
	if err := proto.Unmarshal(response, answer); err != nil {
		return answer, false, fmt.Errorf("read kept answer: %w", err)
	}
	return answer, true, nil
}
