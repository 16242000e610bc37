package resource

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"kept.dev/kit/change"
	"kept.dev/kit/errs"
	"kept.dev/kit/page"
	"kept.dev/kit/sqldb"
)

// UpdateRequest is the request of an Update: it has the resource, and a mask.
type UpdateRequest interface {
	proto.Message
	GetUpdateMask() *fieldmaskpb.FieldMask
}

// Also is what belongs to a change of the row beside it: to refuse it, to write other rows, to append an event. It may still
// change the row's new values.
type Also[M Message] func(tx *sqldb.Tx, before, after M) error

// Update changes the fields that the mask names, or that have a value where there is no mask, if the etag is the one that the
// caller has seen or none. What can be changed are the columns' fields that the contract does not call OUTPUT_ONLY, IMMUTABLE or
// IDENTIFIER, but for the owner's. Of two who change different fields at the same moment neither is lost.
//
// By itself it is one statement. Also makes it two, with the row locked in between.
//
// Errors: NOT_FOUND for an unknown name, and for one that the caller may not see; INVALID_ARGUMENT for a name of another pattern,
// for a mask with a field that can't be changed, and for a required field that would be cleared; ABORTED (ETAG_MISMATCH).
func (r *Resource[M, L]) Update(ctx context.Context, db *sqldb.DB, req UpdateRequest, also ...Also[M]) (M, error) {
	var none M
	field, wanted := r.wanted(req)
	if _, err := r.rows.keyed(wanted.GetName()); err != nil {
		return none, errs.Invalid(field+".name", "must be like %s", r.rows.Pattern)
	}
	paths, err := MaskPaths(req.GetUpdateMask(), wanted, r.changeable(wanted)...)
	if err != nil {
		return none, err
	}
	if err := complete(field, wanted, paths); err != nil {
		return none, err
	}
	return change.Do(ctx, db, req, func(tx *sqldb.Tx) (M, error) {
		conds, err := r.row(ctx, wanted.GetName())
		if err != nil {
			return none, err
		}
		if len(also) == 0 {
			return r.write(tx, wanted, paths, conds)
		}
		return r.change(tx, wanted, conds, append([]Also[M]{func(_ *sqldb.Tx, _, after M) error {
			ApplyMask(after, wanted, paths)
			return nil
		}}, also...))
	})
}

// Change is a custom method that changes one row: pin, close, publish. The functions change the new values, or refuse.
//
// Errors: NOT_FOUND for an unknown name, and for one that the caller may not see; ABORTED (ETAG_MISMATCH) for a request with
// another etag; the functions'.
func (r *Resource[M, L]) Change(ctx context.Context, db *sqldb.DB, req NameRequest, do ...Also[M]) (M, error) {
	return change.Do(ctx, db, req, func(tx *sqldb.Tx) (M, error) { return r.ChangeIn(ctx, tx, req, do...) })
}

// ChangeIn is Change in a transaction that does more.
func (r *Resource[M, L]) ChangeIn(ctx context.Context, tx *sqldb.Tx, req NameRequest, do ...Also[M]) (M, error) {
	conds, err := r.row(ctx, req.GetName())
	if err != nil {
		var none M
		return none, err
	}
	return r.change(tx, req, conds, do)
}

func (r *Resource[M, L]) change(tx *sqldb.Tx, seen NameRequest, conds []page.Cond, do []Also[M]) (M, error) {
	var none M
	before, err := r.lock(tx, seen, conds)
	if err != nil {
		return none, err
	}
	after := proto.CloneOf(before)
	for _, step := range do {
		if err := step(tx, before, after); err != nil {
			return none, err
		}
	}
	return after, r.replace(tx, before, after)
}

// wanted is the resource in the request, and its field's name.
func (r *Resource[M, L]) wanted(req UpdateRequest) (field string, m M) {
	fields := req.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if found, ok := req.ProtoReflect().Get(fields.Get(i)).Interface().(protoreflect.Message); ok {
			if m, ok := found.Interface().(M); ok {
				return string(fields.Get(i).Name()), m
			}
		}
	}
	return "", m // the contract's tests don't let such a request pass
}

// changeable are the fields that an Update may change. Whose a row is, is none of them: whoever may change what is theirs could give
// it away, or have it seen by others.
func (r *Resource[M, L]) changeable(m M) []string {
	var fields []string
	for _, c := range r.rows.Columns {
		fixed := c.Field == nameField || c.Field == parentField || c.Field == etagField || c.Name == r.plan.owner
		if !fixed && !slices.Contains(fields, c.Field) && !behaves(m, c.Field,
			annotations.FieldBehavior_OUTPUT_ONLY, annotations.FieldBehavior_IMMUTABLE, annotations.FieldBehavior_IDENTIFIER) {
			fields = append(fields, c.Field)
		}
	}
	return fields
}

// complete refuses to clear what has to be there.
func complete(prefix string, m proto.Message, paths []string) error {
	for _, path := range paths {
		field := m.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(path))
		text := field.Kind() == protoreflect.StringKind || field.Kind() == protoreflect.MessageKind
		if text && !m.ProtoReflect().Has(field) && behaves(m, path, annotations.FieldBehavior_REQUIRED) {
			return errs.Invalid(prefix+"."+path, "is required, so it can't be cleared")
		}
	}
	return nil
}

func behaves(m proto.Message, field string, wanted ...annotations.FieldBehavior) bool {
	options := m.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(field)).Options()
	declared, _ := proto.GetExtension(options, annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.ContainsFunc(declared, func(b annotations.FieldBehavior) bool { return slices.Contains(wanted, b) })
}

// write changes the fields of the paths by one statement, and nothing where the etag is another.
func (r *Resource[M, L]) write(tx *sqldb.Tx, wanted M, paths []string, conds []page.Cond) (M, error) {
	values, err := r.rows.Values(wanted)
	if err != nil {
		var none M
		return none, err
	}
	var sets []string
	var args []any
	for i, c := range r.rows.Columns {
		if slices.Contains(paths, c.Field) {
			args = append(args, values[i])
			sets = append(sets, c.Name+" = $"+strconv.Itoa(len(args)))
		}
	}
	if len(sets) > 0 {
		sets = append(sets, r.raise()...)
	}
	return r.set(tx, wanted, conds, sets, args)
}

// set runs an update of the row, if it is still the one that the caller has seen. Without anything to set it holds the row.
func (r *Resource[M, L]) set(tx *sqldb.Tx, seen NameRequest, conds []page.Cond, sets []string, args []any) (M, error) {
	if len(sets) == 0 {
		sets = []string{r.listing.ID + " = " + r.listing.ID}
	}
	head := "update " + r.rows.Table + " set " + strings.Join(sets, ", ")
	text, args := page.SelectWhere(head, args, append(slices.Clone(conds), r.current(seen)...)...)
	return r.changed(tx, seen.GetName(), conds, sqldb.Q(text+"\nreturning "+r.rows.ColumnList(), args...))
}

// raise makes a new version, where there are versions.
func (r *Resource[M, L]) raise() []string {
	var sets []string
	for _, c := range r.rows.of(etagField) {
		sets = append(sets, c.Name+" = "+c.Name+" + 1")
	}
	return sets
}

// lock makes a new version of the row, which holds it until the end of the transaction, and returns the resource as it is up to
// now under the new version.
func (r *Resource[M, L]) lock(tx *sqldb.Tx, seen NameRequest, conds []page.Cond) (M, error) {
	return r.set(tx, seen, conds, r.raise(), nil)
}

// replace writes what has changed of the row that is locked. The lock has written the new version.
func (r *Resource[M, L]) replace(tx *sqldb.Tx, before, after M) error {
	was, err := r.rows.Values(before)
	if err != nil {
		return err
	}
	values, err := r.rows.Values(after)
	if err != nil {
		return err
	}
	keyed, err := r.rows.keyed(after.GetName())
	if err != nil {
		return err
	}
	var sets []string
	var args []any
	for i, c := range r.rows.Columns {
		if !reflect.DeepEqual(was[i], values[i]) {
			args = append(args, values[i])
			sets = append(sets, c.Name+" = $"+strconv.Itoa(len(args)))
		}
	}
	if len(sets) > 0 {
		text, args := page.SelectWhere("update "+r.rows.Table+" set "+strings.Join(sets, ", "), args, keyed...)
		tx.Exec(text, args...)
	}
	return nil
}

// current is the condition that the row is the one that the caller has seen. Who sends no etag wants it whatever it is.
func (r *Resource[M, L]) current(seen proto.Message) (conds []page.Cond) {
	etag := etagOf(seen)
	for _, c := range r.rows.of(etagField) {
		if etag != "" {
			conds = append(conds, page.Where("cast("+r.rows.Table+"."+c.Name+" as text) = ?", etag))
		}
	}
	return conds
}

func etagOf(m proto.Message) string {
	tagged, _ := m.(interface{ GetEtag() string })
	if tagged == nil {
		return ""
	}
	return tagged.GetEtag()
}

// changed runs a statement that returns the row, and tells a row that is not there from one that has changed meanwhile.
func (r *Resource[M, L]) changed(tx *sqldb.Tx, name string, conds []page.Cond, change *sqldb.Stmt) (M, error) {
	text, args := page.SelectWhere("select 1 from "+r.rows.Table, nil, conds...)
	results, err := tx.Batch(sqldb.Q(text, args...), change)
	if err != nil {
		var none M
		return none, err
	}
	m, err := sqldb.One(results[1], r.rows.Scan)
	switch {
	case !errors.Is(err, sqldb.ErrNoRow):
		return m, err
	case results[0].Len() == 0:
		return m, errs.NotFound(name)
	default:
		return m, errs.Stale("ETAG_MISMATCH", "%s has been changed meanwhile; get it again and send its etag", name)
	}
}
